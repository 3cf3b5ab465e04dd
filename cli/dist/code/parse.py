"""Asks librpm what spec files say. Runs inside the sandbox, as its root.

    parse.py <request.json> <n>     one JSON document a job, but for the first n, on standard output

This process evaluates no spec but one of its own. It reads rpm's configuration once; for each job it copies the spec's
folder to where a build has it, and forks a child that parses. What the child has read of the copy is part of the answer.
"""

import contextlib
import ctypes
import gc
import json
import os
import re
import sys
import sysconfig
import time

import rpm

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from child import run, share  # noqa: E402
from folder import Folder, Refused, folders_above, is_name  # noqa: E402

# Distributions and rpm define these as %(...): a process start for each use in each spec. Each list goes by the macro that
# its values follow from. A spec that names this one may define it anew: it has all values from before, in whatever order
# specs are read.
SLOW_MACROS = {
    "__python3": (
        "python3_sitelib python3_sitearch python3_version python3_version_nodots python3_platform"
        " python3_platform_triplet python3_ext_suffix python3_cache_tag"
    ).split(),
    "__perl": (
        "perl_vendorlib perl_vendorarch perl_sitelib perl_sitearch perl_privlib perl_archlib perl_archname perl_version"
    ).split(),
}
# Such macros that most specs use, but through others.
USED_EVERYWHERE = "_make_output_sync _smp_build_ncpus".split()
# How specs of Perl modules ask for the version of Perl: three processes each time. Not what is escaped for later.
ASKS_PERL = rb"(?:perl|/usr/bin/perl|%\{__perl\}) -V:version"
PERL_VERSION = re.compile(rb'(?<!%%)%%\(eval "(?:`%(asks)s`|\$\(%(asks)s\))"; echo \$version\)' % {b"asks": ASKS_PERL})
DEFINES_PERL = re.compile(rb"(?:global|define)[ \t]+__perl\b")
# A text that has none of these does not ask for the check. One too many costs a second parse. One too few, of a name
# that a spec puts together, leaves BuildRequires out of the root of the check, and rpmbuild then names them.
ASKS_FOR_CHECK = re.compile(
    r"with(?:out)?_(?:check\b|%)|%\{?with(?:out)?[ \t]+(?:check\b|%)|%\{?bcond\w*[ \t]+(?:check\b|%)"
)

# rpm leaves this line out of what it parsed when the section follows %prep. One that a condition leaves out is found, too:
# its build then runs rpmbuild once more, which says that there is none.
GENERATES = re.compile(r"^\s*%generate_buildrequires\b", re.MULTILINE)
# Macros with the version of another spec: a spec is given those that it, or a file that it opens, names.
NAMES_VERSION = re.compile(r"azl_\w+?_(?:version|release|epoch)\b")

WARM_UP = """Name: x
Version: 1
Release: 1
Summary: x
License: x
Source0: x
BuildRequires: x >= 1
Provides: x(x) = 1
%description
%{lua:print(1)}
%prep
%check
%files
/x
%changelog
* Mon Jan 01 2024 x <x> - 1-1
- x
"""

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
    "looks": bool,
}

# Notes when Lua code of a spec, or of a macro, uses a function that can tell whether a file exists.
NOTE_LOOKS = """%{lua:
local looked = false
local function noting(call) return function(...) looked = true; return call(...) end end
local function watch(from) for name, call in pairs(from) do if type(call) == 'function' then from[name] = noting(call) end end end
for _, from in ipairs({posix, io, package, package.searchers}) do watch(from) end
for _, name in ipairs({'open', 'load', 'call', 'execute', 'interactive', 'glob'}) do if rpm[name] then rpm[name] = noting(rpm[name]) end end
for _, name in ipairs({'execute', 'remove', 'rename', 'tmpname'}) do if os[name] then os[name] = noting(os[name]) end end
for _, name in ipairs({'dofile', 'loadfile', 'require'}) do if _G[name] then _G[name] = noting(_G[name]) end end
os.azl_looked = function() return looked end
}"""
HAS_LOOKED = "%{lua:print(os.azl_looked())}"
# So can these macros. A name that a spec puts together, or that another macro uses, is not found.
ASKS_IF_EXISTS = re.compile(r"\b(?:exists|load|uncompress)\b")


def names_with_files(main, parsed):
    """Names of the packages that have a %files section, also an empty one, which rpm does not tell from none."""
    names = set()
    for line in re.findall(r"^%files\b(.*)$", parsed, re.MULTILINE):
        words = re.sub(r"(?<!\S)-f\s*\S+", "", line).split()
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
    header, parsed = spec.sourceHeader, spec.parsed
    with_files = names_with_files(header["NAME"], parsed)
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
        "generates": bool(GENERATES.search(parsed)),
        "looks": rpm.expandMacro(HAS_LOOKED) != "false",
    }


def values_of(names):
    return [(name, rpm.expandMacro(f"%{{{name}}}")) for name in names if rpm.expandMacro(f"%{{?{name}:1}}")]


class Reader:
    """Reads specs, each in the copy of its folder."""

    def __init__(self, request):
        self.request = request
        self.slow = {(before, name) for before, names in SLOW_MACROS.items() for name in names}
        self.perl_versions = {}
        self.folder = Folder(request["topDir"], request["time"])
        self.end = time.monotonic() + request["allSeconds"]

    def ask(self, path, job):
        """Parses what is laid out: the answers without and, where that may differ, with the check; how that ended."""
        answers, said = [], ""
        self.looks = False
        for macros in self.request["checkMacros"]:
            if answers and not self.holds(ASKS_FOR_CHECK):
                break
            left = self.end - time.monotonic()
            if left <= 0:
                return None, f"was not begun: all specs together took more than {self.request['allSeconds']:.0f} s", said
            given = {**job["macros"], **macros}
            work = lambda given=given: parse(path, self.folder.sources, given)  # noqa: E731
            ended = run(work, job["uid"], min(left, self.request["seconds"]), ANSWER)
            said += ended.output
            if ended.how is not None:
                return None, ended.how, said
            answer = ended.answer
            self.looks |= answer.pop("looks") or ended.started_others
            answer["generates"] |= self.holds(GENERATES)
            answers.append(answer)
        return answers, None, said

    def holds(self, pattern):
        """True if the spec or a file of its folder that it has read holds what the pattern matches."""
        return any(pattern.search(text) for text in self.texts())

    def named_versions(self):
        """The version macros that the texts name, sorted."""
        return sorted({name for text in self.texts() for name in NAMES_VERSION.findall(text)})

    def texts(self):
        """The texts of the spec and of the files that it has read."""
        yield self.text
        for name in self.folder.opened():
            with open(os.path.join(self.folder.sources, name), encoding="utf-8", errors="surrogateescape") as file:
                yield file.read()

    def read(self, job):
        try:
            digest = self.folder.fill(job["tree"], job["spec"])
        except Refused as refusal:
            message, hint = refusal.args
            return {"problems": [{"message": message, "hint": hint}]}
        path = os.path.join(self.folder.specs, os.path.basename(job["spec"]))
        with open(path, "rb") as file:
            content = file.read()
        self.text = content.decode("utf-8", "surrogateescape")
        self.hasten(self.text)
        self.tell_perl(path, content)
        answers, ended, output = self.ask(path, job)
        if answers and self.folder.unlift(sources_of(answers)):
            answers, ended, output = self.ask(path, job)
        problems = self.unreadable()
        if answers and not problems:
            problems = self.surplus(path, job, answers)
        if problems:
            return {"problems": problems}
        opened = [[name, self.folder.digest(name)] for name in self.folder.opened()]
        named = self.named_versions()
        programs = sorted(self.folder.programs & ({name for name, _ in opened} | sources_of(answers or [])))
        return {
            **{"digest": digest, "ended": ended, "output": output, "answers": answers},
            **{"opened": opened, "programs": programs, "named": named},
        }

    def hasten(self, text):
        """Evaluates the slow macros that the text of a spec names, each once for all specs."""
        named = {one for one in self.slow if any(name in text for name in one)}
        if named:
            self.slow -= named
            self.evaluate({name for _, name in named})

    def evaluate(self, names):
        """Gives macros the values that they have now."""
        for name, value in self.asked(lambda: values_of(names)):
            if name in names:
                rpm.addMacro(name, value.replace("%", "%%"))

    def asked(self, work):
        """The pairs that `work` returns. What macro files say is evaluated by a child, not here."""
        return run(work, self.request["uid"], self.request["seconds"], [(str, str)]).answer or []

    def tell_perl(self, path, content):
        """Writes the version of Perl into the copy of a spec where the spec asks for it. Each question is asked once."""
        questions = {*PERL_VERSION.findall(content)}
        if not questions or DEFINES_PERL.search(content):
            return
        for question in questions - self.perl_versions.keys():
            text = question.decode()
            answers = self.asked(lambda text=text: [("", rpm.expandMacro(text))])
            version = next((value for _, value in answers), "")
            is_version = re.fullmatch(r"\d+(?:\.\d+)+", version)
            self.perl_versions[question] = version.encode() if is_version else question
        state = os.stat(path)
        with open(path, "wb") as file:
            file.write(PERL_VERSION.sub(lambda match: self.perl_versions[match.group()], content))
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))

    def unreadable(self):
        """Problems of files that the spec has read, but that it was not given."""
        hint = "A spec can read the files beside it: put the file there, in a form that can be given."
        read = [(name, self.folder.files[name]) for name in self.folder.opened()]
        return [
            {"message": f"reading this spec opens {json.dumps(name)}, which {why}", "hint": hint} for name, why in read if why
        ]

    def surplus(self, path, job, answers):
        """Problems of a spec that tells another thing when only files are there that a build gets."""
        opened = self.folder.opened()
        sources = sources_of(answers)
        lifted = [self.folder.lifted[name] for name in opened if name in self.folder.lifted.keys() - sources]
        if lifted:
            hint = "Name it as a Source, or read it by its path in the folder of the spec."
            return [{"message": f"reading this spec opens {json.dumps(path)} without its folder", "hint": hint} for path in lifted]
        staged = {*filter(is_name, sources), *opened}
        there = self.folder.files.keys()
        spare = self.folder.folders - {above for name in staged for above in folders_above(name)}
        if staged == there and not spare:
            return []
        if not self.looks and not self.holds(ASKS_IF_EXISTS):
            return []
        surplus, lacking = sorted(there - staged) or sorted(spare), sorted(staged - there)
        self.folder.keep(staged)
        again, _, _ = self.ask(path, job)
        if again == answers and self.folder.opened() == opened:
            return []
        likely = sorted(surplus or lacking, key=lambda name: not any(part in self.text for part in name.split("/")))
        names = ", ".join(map(json.dumps, likely[:3]))
        what = f"without {names}, which it does not open" if surplus else f"with {names}, which does not lie beside it"
        message = f"this spec reads otherwise {what}"
        return [{"message": message, "hint": "Name the file as a Source, or remove what asks for it."}]


def sources_of(answers):
    return {source[1] for answer in answers for source in answer["sources"]}


def warm_up(request):
    """Reads a spec of our own. What librpm and its libraries prepare at the first spec is then shared by all children.

    It expands macros of the worker, which is trusted as its python is. A child tries first: a macro that fails, hangs or
    runs a program costs the warm-up alone. What a macro prints is no answer.
    """
    path = os.path.join(request["topDir"], "warm-up.spec")
    with open(path, "x", encoding="ascii") as file:
        file.write(WARM_UP)
    rpm.expandMacro(NOTE_LOOKS)
    work = lambda: parse(path, request["topDir"], dict.fromkeys(USED_EVERYWHERE, "1"))  # noqa: E731
    tried = run(work, request["uid"], request["seconds"], ANSWER)
    if tried.how is None and not tried.started_others and not tried.answer["looks"]:
        with silence(), contextlib.suppress(ValueError):
            work()
    os.unlink(path)


@contextlib.contextmanager
def silence():
    """Drops what this process, and libraries in it, write to standard output and error meanwhile."""
    flush = ctypes.CDLL(None).fflush
    kept = [os.dup(1), os.dup(2)]
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        for target in (1, 2):
            os.dup2(null, target)
        yield
    finally:
        flush(None)
        for target, source in enumerate(kept, 1):
            os.dup2(source, target)
        for descriptor in (null, *kept):
            os.close(descriptor)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    os.umask(0o022)
    # That of setuptools names the same folders, and takes ten times as long to load.
    if os.path.isdir(os.path.join(sysconfig.get_path("stdlib"), "distutils")):
        os.environ["SETUPTOOLS_USE_DISTUTILS"] = "stdlib"
    share(request["sharedFolders"])
    # Before the configuration is read: the spec leaves macros behind.
    warm_up(request)
    rpm.reloadConfig(f"{request['arch']}-linux")
    for path in request["macroFiles"]:
        rpm.expandMacro(f"%{{load:{path}}}")
    for name, value in {**request["defines"], "_topdir": request["topDir"]}.items():
        rpm.addMacro(name, value)
    rpm.expandMacro(NOTE_LOOKS)
    reader = Reader(request)
    reader.evaluate({*USED_EVERYWHERE})
    # Children share memory with this process until one of them writes to it.
    gc.freeze()
    for job in request["jobs"][int(sys.argv[2]) :]:
        print(json.dumps({"index": job["index"], **reader.read(job)}), flush=True)


main()
