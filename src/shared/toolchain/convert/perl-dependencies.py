#!/usr/bin/python3
"""What Perl files provide or require, in the form of rpm's own generators, for an rpm that comes without them (4.20).

    perl-dependencies.py --provides|--requires    paths on standard input, one a line
"""
import re
import sys

PACKAGE = re.compile(r"^\s*package\s+([A-Za-z]\w*(?:::\w+)*)\s*(v?[\d._]+)?\s*[;{]")
VERSION = re.compile(r"^\s*(?:our\s+)?\$(?:\w+::)*VERSION\s*=\s*['\"]?v?(\d[\d._]*)")
USE = re.compile(r"^(?:use|require)\s+([A-Za-z]\w*(?:::\w+)*)\s*(\d[\d._]*)?\s*([^;]*);")


def statements(path):
    """Lines of code: without documentation, up to the end marker."""
    documentation = False
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if re.match(r"__(END|DATA)__\b", line):
                return
            if line.startswith("="):
                documentation = not line.startswith("=cut")
            elif not documentation:
                yield line


def provides(path):
    found, name = {}, None
    for line in statements(path):
        if package := PACKAGE.match(line):
            name = package[1]
            found.setdefault(name, (package[2] or "").lstrip("v"))
        elif (version := VERSION.match(line)) and name:
            found[name] = version[1]
    for name, version in found.items():
        version = version.replace("_", "").rstrip(".")
        yield f"perl({name}) = {version}" if version else f"perl({name})"


def requires(path):
    for line in statements(path):
        found = USE.match(line)
        if not found:
            continue
        names = [found[1]]
        if found[1] in ("base", "parent"):
            names += re.findall(r"[A-Za-z]\w*(?:::\w+)*", re.sub(r"\bqw\b|-norequire", " ", found[3]))
        for name in names:
            version = f" >= {found[2].replace('_', '')}" if found[2] and name == found[1] else ""
            yield f"perl({name}){version}"


if __name__ == "__main__":
    side = provides if sys.argv[1] == "--provides" else requires
    for line in sorted({said for path in sys.stdin for said in side(path.rstrip("\n"))}):
        print(line)
