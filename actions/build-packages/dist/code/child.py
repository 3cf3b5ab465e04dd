"""Children that do what a spec says: each a user of its own, under limits, of whom nothing is left afterwards."""

import json
import os
import resource
import selectors
import signal
import subprocess
import time

ANSWER_BYTES = 16 << 20
OUTPUT_BYTES = 256 << 10
LIMITS = {
    resource.RLIMIT_CPU: 60,
    resource.RLIMIT_FSIZE: 16 << 20,
    resource.RLIMIT_AS: 4 << 30,
    resource.RLIMIT_NPROC: 128,
    resource.RLIMIT_NOFILE: 1024,
    resource.RLIMIT_CORE: 0,
}
# Where every user may leave files.
SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")


class Child:
    """A forked process that is nobody but `uid`, and its two pipes: what it answers and what it says."""

    def __init__(self, uid, seconds, work):
        self.uid, self.seconds = uid, seconds
        self.end = time.monotonic() + seconds
        self.answer, self.output = bytearray(), bytearray()
        self.stopped = None
        answer_in, answer_out = os.pipe()
        output_in, output_out = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                become(uid, output_out)
                with os.fdopen(answer_out, "wb") as pipe:
                    pipe.write(json.dumps(work()).encode("ascii"))
                os._exit(0)
            except ValueError:  # rpm refused the spec, and has said why
                os._exit(3)
            except BaseException as error:  # whatever it is, the child must not return into the parent's code
                os.write(2, f"error: {type(error).__name__}: {error}\n".encode("utf-8", "backslashreplace"))
                os._exit(4)
        os.close(answer_out)
        os.close(output_out)
        self.pipes = {answer_in: (self.answer, ANSWER_BYTES), output_in: (self.output, OUTPUT_BYTES)}

    def read(self, pipe):
        """Takes what is there. False at the end of the pipe."""
        kept, limit = self.pipes[pipe]
        chunk = os.read(pipe, 1 << 16)
        if len(kept) + len(chunk) <= limit:
            kept += chunk
        elif kept is self.answer:
            self.stop("gave an answer of more than 16 MiB")
        return chunk != b""

    def stop(self, why):
        self.stopped = self.stopped or why
        os.kill(self.pid, signal.SIGKILL)

    def wait(self):
        """Reads the pipes until the child itself has ended; programs that it started may hold them open for longer."""
        handle = os.pidfd_open(self.pid)
        with selectors.DefaultSelector() as events:
            for source in (*self.pipes, handle):
                events.register(source, selectors.EVENT_READ)
            while handle in events.get_map():
                for key, _ in events.select(max(self.end - time.monotonic(), 0)):
                    if key.fd == handle or not self.read(key.fd):
                        events.unregister(key.fd)
                if self.end < time.monotonic() and self.stopped is None:
                    self.stop(f"took more than {self.seconds} s")
        os.close(handle)

    def finish(self):
        """Reaps the child, ends all it left behind, takes the rest of its pipes. Answers how it ended, or None."""
        _, status = os.waitpid(self.pid, 0)
        end_all_of(self.uid)
        for pipe in self.pipes:
            while self.read(pipe):
                pass
            os.close(pipe)
        for folder in SHARED_FOLDERS:
            clear(folder)
        if self.stopped:
            return self.stopped
        if os.WIFSIGNALED(status):
            return f"was ended by {signal.Signals(os.WTERMSIG(status)).name}"
        return None if os.WEXITSTATUS(status) == 0 else ""


def become(uid, output):
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for limit, value in LIMITS.items():
        resource.setrlimit(limit, (value, value))
    os.umask(0o077)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def processes():
    return {name for name in os.listdir("/proc") if name.isdigit()}


# Those that were here before any child.
OURS = processes()


def end_all_of(uid):
    """Kills every process of `uid` at once: as that user, `kill -1` reaches all of them and nothing else."""
    if processes() <= OURS:
        return
    pid = os.fork()
    if pid == 0:
        try:
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def clear(folder):
    names = os.listdir(folder) if os.path.isdir(folder) else []
    if names:
        # Not by Python: names of any depth and number.
        subprocess.run(["rm", "-rf", "--", *(os.path.join(folder, name) for name in names[:1000])], check=True)
        clear(folder)


def run(work, uid, seconds):
    """Does `work`, a function, in a child. Returns its answer, how it ended (None: well) and what it said."""
    child = Child(uid, seconds, work)
    child.wait()
    ended = child.finish()
    answer = json.loads(child.answer) if ended is None else None
    return answer, ended, bytes(child.output).decode("utf-8", "backslashreplace")
