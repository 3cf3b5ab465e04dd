"""Compares a worker with the RPMs that were installed in it, and prints the differences as a JSON list of texts.

    /usr/bin/python3 -IB check_worker.py WORKER RPM…

Runs the host's rpm, in a sandbox in which both are read-only and nothing of the worker is started. Scriptlets may have
left anything there: no file is opened but rpm's database.
"""
import json
import os
import stat
import subprocess
import sys

SET_ID = stat.S_ISUID | stat.S_ISGID
PACKAGE = "%{NEVRA} %{SHA256HEADER}\\n"
FILE = "[%{FILEMODES}\\t%|FILECAPS?{%{FILECAPS}}|\\t%{FILENAMES}\\n]"


def lines(*arguments):
    asked = subprocess.run(["rpm", "--define", "_dbpath /var/lib/rpm", "--nosignature", *arguments],
                           stdout=subprocess.PIPE, check=True)
    return [os.fsdecode(line) for line in asked.stdout.split(b"\n") if line]


def stated_rights(rpms):
    """What the RPMs state by path: (set-id bits, whether the file has capabilities)."""
    stated = {}
    for line in lines("-qp", "--qf", FILE, *rpms):
        mode, capabilities, path = line.split("\t", 2)
        if int(mode) & SET_ID or capabilities:
            stated[path] = (int(mode) & SET_ID, capabilities != "")
    return stated


def rights_of(path, status):
    try:
        capabilities = os.getxattr(path, "security.capability", follow_symlinks=False) != b""
    except OSError:
        capabilities = False
    return (status.st_mode & SET_ID, capabilities)


def surplus(stated):
    """The paths below / that no worker may have, with the reason."""
    for folder, folders, files in os.walk("/", onerror=fail):
        for name in folders + files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                continue
            if not stat.S_ISDIR(status.st_mode) and not stat.S_ISREG(status.st_mode):
                yield f"{path} is a device, a pipe or a socket"
            rights = rights_of(path, status)
            if rights != (0, False) and stated.get(path) != rights:
                yield f"{path} has set-id bits or capabilities that no RPM states"


def fail(error):
    raise error


def main(worker, *rpms):
    problems = []
    expected = lines("-qp", "--qf", PACKAGE, *rpms)
    found = lines("--root", worker, "-qa", "--qf", PACKAGE)
    for package in sorted(set(expected) ^ set(found)):
        problems.append(f"rpm's database {'lacks' if package in expected else 'holds'} {package}")
    stated = stated_rights(rpms)
    # Paths in headers may lead over links of the worker.
    os.chroot(worker)
    os.chdir("/")
    real = {os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)): rights
            for path, rights in stated.items()}
    problems.extend(surplus(real))
    json.dump(problems[:20], sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
