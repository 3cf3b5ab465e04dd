#!/usr/bin/python3
"""Lists what an OCaml package installed, for %files -f: what programs need in .ofiles, the rest in .ofiles-devel.

    ocaml-files.py [-s] [-n] <build root> <folder of OCaml's packages>

-s: a pair of lists for each folder of packages, .ofiles-<name> and .ofiles-<name>-devel. -n: everything in one list.
"""

import os
import re
import sys

# Only who compiles or links needs these: https://dune.readthedocs.io says what each is.
DEVEL = re.compile(r".*\.(?:a|cmo|cmt|cmti|cmx|cmxa|h|idl|ml|mli|o)|dune-package|opam")
# Loaded by the interactive OCaml.
LOADED = re.compile(r".*_top_init\.ml")
# Folders that belong to no package of OCaml.
COMMON = re.compile(r"/(?:etc|usr|usr/(?:bin|sbin|lib|lib64|libexec|share|include)|usr/share/(?:doc|man|man/.*))")


def owners():
    """The package of each installed file by its base name, as the .install files say that dune writes."""
    package_of = {}
    for above, _, names in os.walk("."):
        for name in names:
            if name.endswith(".install"):
                with open(os.path.join(above, name), encoding="utf-8") as file:
                    for path in re.findall(r'"([^"]+)"', file.read()):
                        package_of.setdefault(os.path.basename(path), name[: -len(".install")])
    return package_of


def main(arguments):
    options, (root, folder) = {one for one in arguments if one.startswith("-")}, [one for one in arguments if one[0] != "-"]
    package_of = owners() if "-s" in options else {}
    lists = {}

    def note(path, entry, devel):
        package = ""
        if "-s" in options:
            below = path[len(folder) + 1 :].split("/") if path.startswith(folder + "/") else []
            named = below[0] if below and below[0] != "stublibs" else package_of.get(os.path.basename(path))
            package = f"-{named}" if named else ""
        lists.setdefault((package, devel and "-n" not in options), []).append(entry)

    # Folders with something below them that programs need: who has only the first list must own these.
    needed = set()
    for above, names, files in os.walk(root, topdown=False):
        here = "/" + os.path.relpath(above, root) if above != root else ""
        for name in sorted(files + [one for one in names if os.path.islink(os.path.join(above, one))]):
            path = f"{here}/{name}"
            devel = bool(DEVEL.fullmatch(name)) and not LOADED.fullmatch(name)
            if not devel:
                needed.add(here)
            note(path, path + ("*" if path.startswith("/usr/share/man/") else ""), devel)
        if here in needed:
            needed.add(os.path.dirname(here))
        if here and not COMMON.fullmatch(here) and here not in (folder, f"{folder}/stublibs"):
            note(here + "/", f"%dir {here}", here not in needed)
    for name in {package for package, _ in lists} | {""}:
        for devel in (False, True):
            with open(f".ofiles{name}{'-devel' if devel else ''}", "w", encoding="utf-8") as file:
                file.writelines(f"{one}\n" for one in sorted(lists.get((name, devel), [])))


if __name__ == "__main__":
    main(sys.argv[1:])
