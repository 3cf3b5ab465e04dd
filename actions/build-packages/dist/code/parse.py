"""Asks librpm what spec files say. Runs inside the sandbox, as its root.

    parse.py <request.json> <n>     one JSON document a job, but for the first n, on standard output

This process never evaluates a spec. It reads rpm's configuration once; for each job it copies the spec's folder to where
a build has it, and forks a child that parses. What the child has read of the copy is part of the answer.
"""

import gc
import json
import os
import re
import sys
import time

import rpm

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from child import run, share  # noqa: E402
from folder import Folder, Refused, folders_above, is_name  # noqa: E402

# Distributions and rpm define these as %(...): a process start for each use in each spec.
SLOW_MACROS = (
    "python3_sitelib python3_sitearch python3_version python3_version_nodots python3_platform"
    " python3_platform_triplet python3_ext_suffix python3_cache_tag _make_output_sync _smp_build_ncpus"
).split()
# A text that has none of these does not ask for the check. One too many costs a second parse. One too few, of a name
# that a spec puts together, leaves BuildRequires out of the root of the check, and rpmbuild then names them.
ASKS_FOR_CHECK = re.compile(
    r"with(?:out)?_(?:check\b|%)|%\{?with(?:out)?[ \t]+(?:check\b|%)|%\{?bcond\w*[ \t]+(?:check\b|%)"
)


EVR = {"name": str, "version": str, "release": str, "epoch": int}
PACKAGE = {
    **EVR,
    **{"arch": str, "provides": [str], "requires": [str], "conflicts": [str], "obsoletes": [str]},
    **{"fileList": str, "built": bool},
}
ANSWER = {
    **EVR,
    **{"noSource": bool, "exclusiveArch": [str], "excludeArch": [str], "buildRequires": [str], "buildConflicts": [str]},
    **{"sources": [(str, str, int, int)], "packages": [PACKAGE], "hasCheck": bool, "generates": bool},
}


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


def source_of(full, number, flags):
    # rpmbuild expands the name once more when it looks for the file: a macro may be defined below the tag.
    return [rpm.expandMacro(full), rpm.expandMacro(full[full.rfind("/") + 1 :]), number, flags]


def parse(path, folder, macros):
    os.chdir(folder)
    for name, value in macros.items():
        rpm.addMacro(name, value)
    try:
        spec = rpm.spec(path)
    except rpm.error as error:
        raise ValueError from error
    header = spec.sourceHeader
    with_files = names_with_files(header["NAME"], spec.parsed)
    return {
        **evr_of(header),
        "noSource": bool(header["NOSOURCE"] or header["NOPATCH"]),
        "exclusiveArch": list(header["EXCLUSIVEARCH"]),
        "excludeArch": list(header["EXCLUDEARCH"]),
        "buildRequires": list(header["REQUIRENEVRS"]),
        "buildConflicts": list(header["CONFLICTNEVRS"]),
        "sources": [source_of(*source) for source in spec.sources],
        "packages": [package_of(package, with_files) for package in spec.packages],
        "hasCheck": bool((spec.check or "").strip()),
        "generates": bool(re.search(r"^\s*%generate_buildrequires\b", spec.parsed, re.MULTILINE)),
    }


def values_of(names):
    return [(name, rpm.expandMacro(f"%{{{name}}}")) for name in names if rpm.expandMacro(f"%{{?{name}:1}}")]


class Reader:
    """Reads specs of a tree, each in the copy of its folder."""

    def __init__(self, request):
        self.request = request
        self.folder = Folder(request["specs"], request["topDir"], request["time"])
        self.end = time.monotonic() + request["allSeconds"]

    def ask(self, path, uid):
        """Parses what is laid out: the answers without and, where that may differ, with the check; how that ended."""
        answers, said = [], ""
        for macros in self.request["checkMacros"]:
            if answers and not self.asks_for_check(path):
                break
            left = self.end - time.monotonic()
            if left <= 0:
                return None, f"was not begun: all specs together took more than {self.request['allSeconds']:.0f} s", said
            work = lambda macros=macros: parse(path, self.folder.sources, macros)  # noqa: E731
            answer, ended, output = run(work, uid, min(left, self.request["seconds"]), ANSWER)
            said += output
            if ended is not None:
                return None, ended, said
            answers.append(answer)
        return answers, None, said

    def asks_for_check(self, path):
        read = (os.path.join(self.folder.sources, name) for name in self.folder.opened())
        return any(ASKS_FOR_CHECK.search(text_of(name)) for name in (path, *read))

    def read(self, job):
        try:
            digest = self.folder.fill(job["spec"])
        except Refused as refusal:
            message, hint = refusal.args
            return {"problems": [{"message": message, "hint": hint}]}
        path = os.path.join(self.folder.specs, os.path.basename(job["spec"]))
        answers, ended, output = self.ask(path, job["uid"])
        problems = self.unreadable()
        if answers and not problems:
            problems = self.surplus(path, job["uid"], answers)
        if problems:
            return {"problems": problems}
        opened = [[name, self.folder.digest(name)] for name in self.folder.opened()]
        return {"digest": digest, "ended": ended, "output": output, "answers": answers, "opened": opened}

    def unreadable(self):
        """Problems of files that the spec has read, but that it was not given."""
        hint = "A spec can read the files beside it: put the file there, in a form that can be given."
        read = [(name, self.folder.files[name]) for name in self.folder.opened()]
        return [
            {"message": f"reading this spec opens {json.dumps(name)}, which {why}", "hint": hint} for name, why in read if why
        ]

    def surplus(self, path, uid, answers):
        """Problems of a spec that tells another thing when only files are there that a build gets."""
        opened = self.folder.opened()
        sources = {source[1] for answer in answers for source in answer["sources"]}
        staged = {*filter(is_name, sources), *opened}
        there = self.folder.files.keys()
        if staged == there and not self.folder.folders - {above for name in staged for above in folders_above(name)}:
            return []
        surplus, lacking = sorted(there - staged), sorted(staged - there)
        self.folder.keep(staged)
        again, _, _ = self.ask(path, uid)
        if again == answers and self.folder.opened() == opened:
            return []
        text = text_of(path)
        likely = sorted(surplus or lacking, key=lambda name: not any(part in text for part in name.split("/")))
        names = ", ".join(map(json.dumps, likely[:3]))
        what = f"without {names}, which it does not open" if surplus else f"with {names}, which does not lie beside it"
        message = f"this spec reads otherwise {what}"
        return [{"message": message, "hint": "Name the file as a Source, or remove what asks for it."}]


def text_of(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    os.umask(0o022)
    share(request["sharedFolders"])
    rpm.reloadConfig(f"{request['arch']}-linux")
    for path in request["macroFiles"]:
        rpm.expandMacro(f"%{{load:{path}}}")
    for name, value in {**request["defines"], "_topdir": request["topDir"]}.items():
        rpm.addMacro(name, value)
    # Also what macro files say is evaluated by a child, not here.
    values, _, _ = run(lambda: values_of(SLOW_MACROS), request["uid"], request["seconds"], [(str, str)])
    for name, value in values or []:
        if name in SLOW_MACROS:
            rpm.addMacro(name, value.replace("%", "%%"))
    # Children share memory with this process until one of them writes to it.
    gc.freeze()
    reader = Reader(request)
    for job in request["jobs"][int(sys.argv[2]) :]:
        print(json.dumps({"index": job["index"], **reader.read(job)}), flush=True)


main()
