"""Asks rpmspec about specs, each in a copy of its folder, as root of a sandbox. A JSON document a spec on standard output.

    rpmspec.py <request.json>    {"topDir", "arch", "uid", "macroFiles", "defines", "checkMacros", "specs": [[path, macros], ...]}

Nothing of the product's parse is used: what is compared with it has another way to rpm.
"""

import json
import os
import shutil
import subprocess
import sys

EVR = "%{NAME}\\t%|EPOCH?{%{EPOCH}}:{0}|\\t%{VERSION}\\t%{RELEASE}\\n"
RELATIONS = "".join(f"[{tag.lower()}\\t%{{{tag}NEVRS}}\\n]" for tag in ("PROVIDE", "REQUIRE", "CONFLICT", "OBSOLETE"))
PACKAGE = f"package\\t%{{ARCH}}\\t{EVR}{RELATIONS}"
SOURCE = f"spec\\t%{{ARCH}}\\t{EVR}{RELATIONS}[source\\t%{{SOURCE}}\\n][patch\\t%{{PATCH}}\\n]"

with open(sys.argv[1], encoding="utf-8") as file:
    request = json.load(file)
TOP = request["topDir"]
SPECS, SOURCES = os.path.join(TOP, "SPECS"), os.path.join(TOP, "SOURCES")


def lay_out(path):
    """Copies a spec to SPECS, its folder to SOURCES, and files of subfolders by base name, too."""
    for folder in (SPECS, SOURCES):
        shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(SPECS)
    folder, name = os.path.split(path)
    shutil.copyfile(path, os.path.join(SPECS, name))
    shutil.copytree(folder, SOURCES, ignore=lambda _, names: [one for one in names if one == name])
    below = [os.path.join(above, one) for above, _, names in os.walk(SOURCES) for one in names]
    for file in sorted(below, key=lambda one: one.count("/")):
        target = os.path.join(SOURCES, os.path.basename(file))
        if not os.path.lexists(target):
            shutil.copyfile(file, target)
    for above, folders, names in os.walk(TOP):
        for one in (*folders, *names):
            os.chmod(os.path.join(above, one), 0o755)
    return os.path.join(SPECS, name)


def ask(spec, own, check, *arguments):
    """Returns what rpmspec prints, in lines; None when it refuses the spec."""
    macros = {**request["defines"], **own, **request["checkMacros"][check], "_topdir": TOP}
    argv = ["setpriv", f"--reuid={request['uid']}", f"--regid={request['uid']}", "--clear-groups", "--", "rpmspec", "-q"]
    argv += [f"--load={file}" for file in request["macroFiles"]] + [f"--target={request['arch']}-linux"]
    argv += [f"--define={name} {value}" for name, value in macros.items()]
    done = subprocess.run([*argv, *arguments, spec], cwd=SOURCES, capture_output=True, check=False)
    lines = done.stdout.decode("utf-8", "backslashreplace").splitlines()
    return [line.split("\t") for line in lines] if done.returncode == 0 else None


# Macros may leave files there, as in a build.
for folder in ("/tmp", "/var/tmp"):
    os.chmod(folder, 0o1777)
for path, own in request["specs"]:
    laid = lay_out(path)
    answer = {
        "source": ask(laid, own, 0, "--srpm", f"--qf={SOURCE}"),
        "checked": ask(laid, own, 1, "--srpm", f"--qf={SOURCE}"),
        "packages": ask(laid, own, 0, "--rpms", f"--qf={PACKAGE}"),
        "built": ask(laid, own, 0, "--builtrpms", "--qf=%{NAME}\\n"),
    }
    print(json.dumps({"spec": path, **answer}), flush=True)
