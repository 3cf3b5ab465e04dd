"""One rpm transaction in a build root or an image: installs and erasures together. Runs inside the sandbox, as its root.

    transaction.py <request.json>     lines of JSON on standard output. {"runs": "the %post of app"} when a scriptlet
                                      starts, at the end
                                      {"problems": [...], "warnings": [{"package", "message"}], "output": "..."}

What scriptlets say goes to a file in memory, so that it cannot be mistaken for the answer. What rpm says goes to
another, so that it cannot be mistaken for what scriptlets say.
"""

import fnmatch
import json
import os
import re
import sys

import rpm

sys.path.insert(0, os.path.dirname(__file__))
from installed_files import KERNEL_FOLDERS, missing_files, paths_of  # noqa: E402
from sysusers import Sysusers  # noqa: E402

OUTPUT_BYTES = 1 << 20
MOST_WARNINGS = 100
DAY = 86400
# `b < 1.0-5 conflicts with a`
NAMES_RELEASE = re.compile(r"[<>=] [^ ()]+-[^ ()]")
# The solver has decided which versions go in: also older ones, and those that are there already.
WANTED = rpm.RPMPROB_FILTER_OLDPACKAGE | rpm.RPMPROB_FILTER_REPLACEPKG
STARTS = (
    rpm.RPMCALLBACK_INST_OPEN_FILE,
    rpm.RPMCALLBACK_INST_START,
    rpm.RPMCALLBACK_UNINST_START,
    rpm.RPMCALLBACK_SCRIPT_START,
)
SCRIPTLETS = {
    getattr(rpm, f"RPMTAG_{tag}"): name
    for tag, name in {
        "PREIN": "%pre",
        "POSTIN": "%post",
        "PREUN": "%preun",
        "POSTUN": "%postun",
        "PRETRANS": "%pretrans",
        "POSTTRANS": "%posttrans",
        "PREUNTRANS": "%preuntrans",
        "POSTUNTRANS": "%postuntrans",
        "TRIGGERPREIN": "%triggerprein",
        "TRIGGERIN": "%triggerin",
        "TRIGGERUN": "%triggerun",
        "TRIGGERPOSTUN": "%triggerpostun",
    }.items()
    if hasattr(rpm, f"RPMTAG_{tag}")
}


class Said:
    """What a program says, in a file in memory."""

    def __init__(self, name):
        self.file = os.memfd_create(name)
        self.seen = 0

    def fresh(self):
        """What was added since the last call, its end if it is long."""
        size = os.fstat(self.file).st_size
        start = max(self.seen, size - OUTPUT_BYTES)
        self.seen = size
        return os.pread(self.file, size - start, start).decode("utf-8", "backslashreplace")

    def whole(self):
        self.seen = 0
        return self.fresh()


def plain(line):
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", line.strip())[:500]


def sysusers_of(header, file):
    """Text of each file of sysusers.d in an open RPM, by name."""
    wanted = fnmatch.filter([one.name for one in rpm.files(header)], "/usr/lib/sysusers.d/*.conf")
    if not wanted:
        return {}
    payload = rpm.fd(file, "r", header["PAYLOADCOMPRESSOR"] or "gzip")
    found = {}
    archive = rpm.files(header).archive(payload)
    for one in archive:
        if one.name in wanted and archive.hascontent():
            found[os.path.basename(one.name)] = archive.read().decode("utf-8", "surrogateescape")
    return found


class Transaction:
    def __init__(self, root, releases_hidden, scriptlets, log, answer):
        self.root = root
        self.releases_hidden = releases_hidden
        self.scriptlets, self.log, self.answer = scriptlets, log, answer
        self.problems = []
        self.warnings = {}
        self.names = {}
        self.current = None
        self.open = {}
        self.sysusers = {}
        self.paths = {}

    def fill(self, paths, labels):
        self.set = rpm.TransactionSet(self.root)
        # Every file's digest was compared with the plan's before it came here.
        self.set.setVSFlags(rpm.RPMVSF_MASK_NOSIGNATURES | rpm.RPMVSF_MASK_NODIGESTS)
        self.set.setProbFilter(WANTED)
        # They unshare namespaces, ask systemd to wait, label files: the sandbox isolates, and allows none of that.
        self.set.setFlags(rpm.RPMTRANS_FLAG_NOPLUGINS)
        for path in paths:
            try:
                with open(path, "rb") as file:
                    header = self.set.hdrFromFdno(file.fileno())
                    self.names[path] = header["NAME"]
                    self.sysusers.update(sysusers_of(header, file))
                    self.paths[header["NAME"]] = paths_of(header)
                    self.set.addInstall(header, path, "u")
            except (rpm.error, OSError) as error:
                self.problems.append(f"{os.path.basename(path)} is no RPM that rpm can read ({error})")
        for label in labels:
            try:
                self.set.addErase(label)
            except rpm.error:
                self.problems.append(f"{label} is not installed and cannot be erased")

    def run(self, paths, labels):
        """Answers what is wrong: before anything is changed where rpm can know it before."""
        self.fill(paths, labels)
        self.set.check()
        refused = [str(problem) for problem in self.set.problems()]
        self.problems += [problem for problem in refused if not self.is_undecidable(problem)]
        if self.problems:
            return
        if refused:
            # rpm skips packages with problems. A set that was not checked has none.
            self.fill(paths, labels)
        self.set.order()
        today = int(os.environ["SOURCE_DATE_EPOCH"]) // DAY
        self.users = Sysusers(self.root, self.sysusers, today)
        self.users.make()
        failed = self.set.run(self.callback, "")
        self.users.make()
        self.listen()
        if failed:
            self.problems += [message for message, _ in failed]
        elif failed is not None and not self.problems:
            self.problems.append("rpm gave up; its last words are in the output")
        else:
            self.look_for_files()

    def look_for_files(self):
        """Warns of files of the RPMs that are not there."""
        for name, lost in missing_files(self.root, self.paths).items():
            more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
            self.warnings[(name, plain(f"{', '.join(lost[:3])}{more}: not there after its installation"))] = True

    def is_undecidable(self, problem):
        """True for a requirement or conflict that names a release, in a root that shows none: the solver has decided."""
        return self.releases_hidden and NAMES_RELEASE.search(problem) is not None

    def listen(self, more=""):
        """Takes what rpm has said since the last time for warnings about the current package."""
        lines = [plain(line) for line in self.log.fresh().splitlines() if line.strip()]
        messages = [re.sub(r"^(?:warning|error): ", "", line) + more for line in lines]
        for message in messages:
            if len(self.warnings) < MOST_WARNINGS:
                self.warnings[(self.current, message)] = True
        return messages

    def callback(self, reason, amount, total, key, _data):
        if reason == rpm.RPMCALLBACK_SCRIPT_ERROR:
            self.script_failed(total)
        elif reason != rpm.RPMCALLBACK_SCRIPT_STOP:
            self.listen()
        if reason in STARTS:
            self.current = self.name(key)
            self.scriptlets.fresh()
        if reason == rpm.RPMCALLBACK_SCRIPT_START:
            # It may never end: then this is known of it.
            say(self.answer, {"runs": f"the {SCRIPTLETS.get(amount, 'scriptlet')} of {self.current}"})
        if reason == rpm.RPMCALLBACK_INST_OPEN_FILE:
            # Again and again: the account files may come with an RPM of this transaction.
            self.users.make()
            self.open[key] = open(key, "rb")
            return self.open[key].fileno()
        if reason == rpm.RPMCALLBACK_INST_CLOSE_FILE:
            self.open.pop(key).close()
        elif reason in (rpm.RPMCALLBACK_UNPACK_ERROR, rpm.RPMCALLBACK_CPIO_ERROR):
            self.problems.append(f"{os.path.basename(str(key))} cannot be unpacked")
        return None

    def script_failed(self, result):
        """rpm goes on after most scriptlets, and then `result` is 0; after %pre and %preun it leaves the package."""
        said = [plain(line) for line in self.scriptlets.fresh().splitlines() if line.strip()][-3:]
        messages = self.listen(f": {' | '.join(said)}" if said else "")
        if result:
            self.problems += messages or [f"a scriptlet of {self.current} failed"]

    def name(self, key):
        return self.names.get(key) or (str(key) if key else self.current)


def say(file, document):
    file.write(json.dumps(document) + "\n")
    file.flush()


def renew_index(root):
    """Makes SQLite's files beside the database anew: those that wrote it differ from run to run, and readers need some."""
    database = f"{root}/{rpm.expandMacro('%{_dbpath}')}/rpmdb.sqlite"
    if os.path.exists(f"{database}-wal") and os.path.getsize(f"{database}-wal") == 0:
        os.unlink(f"{database}-wal")
        os.unlink(f"{database}-shm")
        list(rpm.TransactionSet(root).dbMatch("name", "rpm"))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    answer = os.fdopen(os.dup(1), "w", encoding="ascii")
    scriptlets, log = Said("scriptlets"), Said("log")
    for number in (1, 2):
        os.dup2(scriptlets.file, number)
    rpm.setLogFile(os.fdopen(log.file, "w", closefd=False))
    rpm.addMacro("_pkgverify_level", "none")
    # They cannot be changed, and packages that own them (`filesystem`) can be installed.
    rpm.addMacro("_netsharedpath", ":".join(KERNEL_FOLDERS))
    transaction = Transaction(request["root"], request["releasesHidden"], scriptlets, log, answer)
    try:
        transaction.run(request["install"], request["erase"])
    except (rpm.error, OSError) as error:
        transaction.problems.append(str(error))
    transaction.set.closeDB()
    renew_index(request["root"])
    said = {
        "problems": transaction.problems,
        "warnings": [{"package": name or "", "message": message} for name, message in transaction.warnings],
        "output": scriptlets.whole() + log.whole(),
    }
    say(answer, said)


main()
