"""Asks librpm what spec files say. Runs inside the sandbox, as its root.

    parse.py <request.json>     one JSON document a job on standard output

This process never evaluates a spec. It reads rpm's configuration once and forks a child for each job. The child
becomes a user of its own before it parses, answers over a pipe that the programs of a spec do not inherit, and when
it ends, or takes too long, everything of that user is killed.
"""

import json
import os
import re
import resource
import selectors
import signal
import sys
import time

import rpm

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
# Distributions define these as %(python3 -c ...): a process start for each use in each spec.
SLOW_MACROS = (
    "python3_sitelib python3_sitearch python3_version python3_version_nodots python3_platform"
    " python3_platform_triplet python3_ext_suffix python3_cache_tag"
).split()


class Child:
    """A forked process that is nobody but `uid`, and its two pipes: what it answers and what it says."""

    def __init__(self, uid, seconds, work):
        self.uid = uid
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
            except (rpm.error, ValueError):  # rpm refused the spec, and has said why
                os._exit(3)
            except BaseException as error:  # whatever it is, the child must not return into the parent's code
                os.write(2, f"error: {type(error).__name__}: {error}\n".encode("utf-8", "backslashreplace"))
                os._exit(4)
        os.close(answer_out)
        os.close(output_out)
        self.handle = os.pidfd_open(self.pid)
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

    def finish(self):
        """Reaps the child, ends all it left behind, takes the rest of its pipes. Answers how it ended, or None."""
        _, status = os.waitpid(self.pid, 0)
        end_all_of(self.uid)
        for pipe in self.pipes:
            while self.read(pipe):
                pass
            os.close(pipe)
        os.close(self.handle)
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


def end_all_of(uid):
    """Kills every process of `uid` at once: as that user, `kill -1` reaches all of them and nothing else."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def run(jobs, at_once, seconds, first_uid, done):
    """Runs `jobs` (functions), `at_once` at a time; calls done(index, child, ended) as each ends."""
    waiting = list(enumerate(jobs))[::-1]
    running = {}
    events = selectors.DefaultSelector()
    while waiting or running:
        while waiting and len(running) < at_once:
            index, work = waiting.pop()
            child = Child(first_uid + index, seconds, work)
            running[child.handle] = (index, child)
            for source in (*child.pipes, child.handle):
                events.register(source, selectors.EVENT_READ, child)
        patience = min(child.end for _, child in running.values()) - time.monotonic()
        for key, _ in events.select(max(patience, 0)):
            child = key.data
            if key.fd != child.handle:
                if child.handle in running and not child.read(key.fd):
                    events.unregister(key.fd)
                continue
            index, _ = running.pop(child.handle)
            for source in (*child.pipes, child.handle):
                if source in events.get_map():
                    events.unregister(source)
            done(index, child, child.finish())
        for _, child in running.values():
            if child.end < time.monotonic() and child.stopped is None:
                child.stop(f"took more than {seconds} s")


def names_with_files(main, parsed):
    """Names of the packages that have a %files section, also an empty one, which rpm does not tell from none."""
    names = set()
    for line in re.findall(r"^%files\b(.*)$", parsed, re.MULTILINE):
        words = re.sub(r"-f\s*\S+", "", line).split()
        names.add(words[-1] if "-n" in words else "-".join([main, *words[:1]]))
    return names


def evr_of(header):
    named = {name: header[name.upper()] for name in ("name", "version", "release")}
    return {**named, "epoch": header["EPOCH"] or 0}


def package_of(package, with_files):
    header = package.header
    return {
        **evr_of(header),
        "arch": header["ARCH"],
        "provides": list(header["PROVIDENEVRS"]),
        "requires": list(header["REQUIRENEVRS"]),
        "conflicts": list(header["CONFLICTNEVRS"]),
        "obsoletes": list(header["OBSOLETENEVRS"]),
        "fileList": package.fileList or "",
        "built": header["NAME"] in with_files or package.fileFile is not None,
    }


def parse(path, macros):
    rpm.addMacro("_sourcedir", os.path.dirname(path))
    os.chdir(os.path.dirname(path))
    for name, value in macros.items():
        rpm.addMacro(name, value)
    spec = rpm.spec(path)
    header = spec.sourceHeader
    with_files = names_with_files(header["NAME"], spec.parsed)
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        brought = re.findall(r"^\s*%include\s+(\S+)|%\{load:([^}]+)\}", file.read(), re.MULTILINE)
    return {
        **evr_of(header),
        "noSource": bool(header["NOSOURCE"] or header["NOPATCH"]),
        "exclusiveArch": list(header["EXCLUSIVEARCH"]),
        "excludeArch": list(header["EXCLUDEARCH"]),
        "buildRequires": list(header["REQUIRENEVRS"]),
        "buildConflicts": list(header["CONFLICTNEVRS"]),
        "sources": [[name, number, flags] for name, number, flags in spec.sources],
        "packages": [package_of(package, with_files) for package in spec.packages],
        "hasCheck": bool((spec.check or "").strip()),
        "generates": bool(re.search(r"^\s*%generate_buildrequires\b", spec.parsed, re.MULTILINE)),
        "brought": [rpm.expandMacro(a or b) for a, b in brought],
    }


def values_of(names):
    return {name: rpm.expandMacro(f"%{{{name}}}") for name in names if rpm.expandMacro(f"%{{?{name}:1}}")}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    rpm.reloadConfig(f"{request['arch']}-linux")
    for path in request["macroFiles"]:
        rpm.expandMacro(f"%{{load:{path}}}")
    for name, value in request["defines"].items():
        rpm.addMacro(name, value)

    def learn(_index, child, ended):
        if ended is None:
            for name, value in json.loads(child.answer).items():
                rpm.addMacro(name, value.replace("%", "%%"))

    # Also what macro files say is evaluated by a child, not here.
    run([lambda: values_of(SLOW_MACROS)], 1, request["seconds"], request["firstUid"], learn)

    def report(index, child, ended):
        answer = None if ended is not None else json.loads(child.answer)
        output = bytes(child.output).decode("utf-8", "backslashreplace")
        print(json.dumps({"index": index, "ended": ended, "output": output, "answer": answer}), flush=True)

    jobs = [lambda job=job: parse(job["path"], job["macros"]) for job in request["jobs"]]
    run(jobs, request["atOnce"], request["seconds"], request["firstUid"] + 1, report)


main()
