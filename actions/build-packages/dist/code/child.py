"""Children that do what a spec says: each a user of its own, under limits, of whom nothing is left afterwards.

This process is root of a sandbox of its own and is alone there, with the sandbox's init: so it can end all others.
"""

import ctypes
import json
import os
import resource
import select
import signal
import subprocess
import time
from typing import NamedTuple

ANSWER_BYTES = 8 << 20
OUTPUT_BYTES = 256 << 10
LIMITS = {
    resource.RLIMIT_CPU: 60,
    resource.RLIMIT_FSIZE: 16 << 20,
    resource.RLIMIT_AS: 4 << 30,
    resource.RLIMIT_NPROC: 128,
    resource.RLIMIT_NOFILE: 1024,
    resource.RLIMIT_CORE: 0,
    # POSIX message queues have names, and would stay.
    resource.RLIMIT_MSGQUEUE: 0,
}
# Where every user may leave files, as `share` was told.
SHARED_FOLDERS = []
# The lists of what System V keeps.
IPC_LISTS = {kind: os.open(f"/proc/sysvipc/{kind}", os.O_RDONLY) for kind in ("shm", "msg", "sem")}
# The number of the newest process of this sandbox; absent where the kernel does not say.
try:
    LAST_PID = os.open("/proc/sys/kernel/ns_last_pid", os.O_RDONLY)
except OSError:
    LAST_PID = None
# Seconds in which the kernel ends what was killed.
END_SECONDS = 10


def processes():
    return {name for name in os.listdir("/proc") if name.isdigit()}


# Init of the sandbox, and this process.
OURS = {"1", str(os.getpid())}
if processes() != OURS:
    raise SystemExit("a parse kills all processes that it sees: it must be alone in a sandbox")


def share(folders):
    """Opens folders in memory to all users."""
    for folder in folders:
        os.chmod(folder, 0o1777)
        SHARED_FOLDERS.append(folder)


class Ended(NamedTuple):
    """What a child answered, how it ended (None: well), what it said, and if it may have started other processes."""

    answer: object
    how: str | None
    output: str
    started_others: bool


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
        for pipe in self.pipes:
            os.set_blocking(pipe, False)

    def read(self, pipe):
        """Takes what is there. False if nothing is, or nothing more can come."""
        kept, limit = self.pipes[pipe]
        try:
            chunk = os.read(pipe, 1 << 16)
        except BlockingIOError:
            return False
        if len(kept) + len(chunk) <= limit:
            kept += chunk
        elif kept is self.answer:
            self.stopped = f"gave an answer of more than {ANSWER_BYTES >> 20} MiB"
        return chunk != b""

    def wait(self):
        """Reads the pipes until the child itself has ended, or must be; programs that it started may outlive it."""
        handle = os.pidfd_open(self.pid)
        events, open_ones = select.poll(), {*self.pipes, handle}
        for source in open_ones:
            events.register(source, select.POLLIN)
        while self.stopped is None and handle in open_ones:
            left = self.end - time.monotonic()
            if left <= 0:
                self.stopped = f"took more than {self.seconds:.0f} s"
            for source, _ in events.poll(max(left, 0) * 1000):
                if source == handle or not self.read(source):
                    events.unregister(source)
                    open_ones.remove(source)
        os.close(handle)

    def finish(self):
        """Ends the child and all that it left behind. Answers how it ended, or None."""
        self.started_others = LAST_PID is None or int(os.pread(LAST_PID, 32, 0)) != self.pid
        status = end_all_others(self.pid)
        # Not to the end of the pipes: an open one may still lie in the queue of a socket.
        for pipe in self.pipes:
            while self.read(pipe):
                pass
            os.close(pipe)
        remove_ipc_objects(self.uid)
        empty(SHARED_FOLDERS)
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


def end_all_others(child):
    """Kills every process but this one and init, until none is left. Returns the wait status of `child`.

    One call reaches all at once, forks included, and comes from root: nobody who is killed can kill, stop or trace us.
    Only then is the child waited for: a process that traces it could keep it from being reaped. Until it was, the call
    finds it.
    """
    status, end = None, time.monotonic() + END_SECONDS
    while True:
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            return status
        if status is None:
            pid, how = os.waitpid(child, os.WNOHANG)
            if pid == child:
                status = how
                continue
        if time.monotonic() > end:
            raise SystemExit(f"processes that a spec started cannot be ended: {sorted(processes() - OURS)[:5]}")
        time.sleep(0.001)


def remove_ipc_objects(uid):
    """Removes what System V keeps without a process. Only its owner may: as `uid`, when nobody else is."""
    for kind, file in IPC_LISTS.items():
        # A list is longer than its heading where there is such an object.
        if len(os.pread(file, 512, 0).splitlines()) > 1:
            with open(file, encoding="ascii", closefd=False) as lines:
                lines.seek(0)
                numbers = [int(line.split()[1]) for line in lines.read().splitlines()[1:]]
            os.seteuid(uid)
            libc = ctypes.CDLL(None)
            remove = {"shm": libc.shmctl, "msg": libc.msgctl, "sem": lambda one, *more: libc.semctl(one, 0, *more)}[kind]
            for number in numbers:
                remove(number, 0, None)
            os.seteuid(0)


def empty(folders):
    """Removes what lies in folders. Not by Python: names of any depth and number."""
    full = [folder for folder in folders if next(os.scandir(folder), None)]
    if full:
        subprocess.run(["find", *full, "-mindepth", "1", "-delete"], check=True)


def fits(value, shape):
    """True if `value` has the form of `shape`: a type, [shape of each item], (shape, ...), {name: shape}."""
    if isinstance(shape, dict):
        return isinstance(value, dict) and value.keys() == shape.keys() and all(fits(value[key], shape[key]) for key in shape)
    if isinstance(shape, tuple):
        return isinstance(value, list) and len(value) == len(shape) and all(map(fits, value, shape))
    if isinstance(shape, list):
        if isinstance(shape[0], type):
            return isinstance(value, list) and {*map(type, value)} <= {*shape}
        return isinstance(value, list) and all(fits(one, shape[0]) for one in value)
    return type(value) is shape


def run(work, uid, seconds, shape):
    """Does `work`, a function, in a child. Returns an `Ended`.

    A spec can write to the pipe of its own child: what comes is an answer only if it has the form `shape`.
    """
    child = Child(uid, seconds, work)
    child.wait()
    ended, answer = child.finish(), None
    if ended is None:
        try:
            answer = json.loads(child.answer)
        except (ValueError, RecursionError):
            pass
        if not fits(answer, shape):
            answer, ended = None, "gave an answer that cannot be read"
    output = bytes(child.output).decode("utf-8", "backslashreplace")
    return Ended(answer, ended, output, child.started_others)
