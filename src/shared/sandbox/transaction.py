"""One rpm transaction in a build root or an image: installs and erasures together. Runs inside the sandbox, as its root.

    transaction.py <request.json>     one JSON document on standard output: {"problems": [...], "output": "..."}

What scriptlets and rpm say goes to a file in memory, so that it cannot be mistaken for the answer.
"""

import json
import os
import sys

import rpm

OUTPUT_BYTES = 1 << 20
# The solver has decided which versions go in: also older ones, and those that are there already.
WANTED = rpm.RPMPROB_FILTER_OLDPACKAGE | rpm.RPMPROB_FILTER_REPLACEPKG


class Transaction:
    def __init__(self, root):
        self.set = rpm.TransactionSet(root)
        # Every file's digest was compared with the plan's before it came here.
        self.set.setVSFlags(rpm.RPMVSF_MASK_NOSIGNATURES | rpm.RPMVSF_MASK_NODIGESTS)
        self.set.setProbFilter(WANTED)
        # They unshare namespaces, ask systemd to wait, label files: the sandbox isolates, and allows none of that.
        self.set.setFlags(rpm.RPMTRANS_FLAG_NOPLUGINS)
        self.problems = []
        self.open = {}

    def add(self, paths, labels):
        for path in paths:
            try:
                with open(path, "rb") as file:
                    self.set.addInstall(self.set.hdrFromFdno(file.fileno()), path, "u")
            except rpm.error as error:
                self.problems.append(f"{os.path.basename(path)} is no RPM that rpm can read ({error})")
        for label in labels:
            try:
                self.set.addErase(label)
            except rpm.error:
                self.problems.append(f"{label} is not installed and cannot be erased")

    def run(self):
        """Answers what is wrong: before anything is changed where rpm can know it before."""
        self.set.check()
        self.problems += [str(problem) for problem in self.set.problems()]
        if self.problems:
            return self.problems
        self.set.order()
        failed = self.set.run(self.callback, "")
        if failed:
            self.problems += [message for message, _ in failed]
        elif failed is not None and not self.problems:
            self.problems.append("rpm gave up; its last words are in the output")
        return self.problems

    def callback(self, reason, amount, total, key, _data):
        if reason == rpm.RPMCALLBACK_INST_OPEN_FILE:
            self.open[key] = open(key, "rb")
            return self.open[key].fileno()
        if reason == rpm.RPMCALLBACK_INST_CLOSE_FILE:
            self.open.pop(key).close()
        elif reason == rpm.RPMCALLBACK_SCRIPT_ERROR:
            self.problems.append(f"a scriptlet of {os.path.basename(str(key))} failed")
        elif reason in (rpm.RPMCALLBACK_UNPACK_ERROR, rpm.RPMCALLBACK_CPIO_ERROR):
            self.problems.append(f"{os.path.basename(str(key))} cannot be unpacked")
        return None


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    answer = os.dup(1)
    said = os.memfd_create("said")
    os.dup2(said, 1)
    os.dup2(said, 2)
    rpm.addMacro("_pkgverify_level", "none")
    problems = []
    try:
        transaction = Transaction(request["root"])
        transaction.add(request["install"], request["erase"])
        problems = transaction.run()
    except (rpm.error, OSError) as error:
        problems = [*problems, str(error)]
    size = os.fstat(said).st_size
    output = os.pread(said, OUTPUT_BYTES, max(0, size - OUTPUT_BYTES)).decode("utf-8", "backslashreplace")
    with os.fdopen(answer, "w", encoding="ascii") as file:
        json.dump({"problems": problems, "output": output}, file)


main()
