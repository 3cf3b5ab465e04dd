"""Looks for the files of installed RPMs in a root: a scriptlet may have removed one, or a link may lead elsewhere."""

import json
import os

import rpm

# What the kernel fills: mounted over, and left out of installations.
KERNEL_FOLDERS = ("/proc", "/dev", "/run")
NOT_NEEDED = rpm.RPMFILE_GHOST | rpm.RPMFILE_MISSINGOK


def paths_of(header):
    paths = [one.name for one in rpm.files(header) if not one.fflags & NOT_NEEDED]
    return [path for path in paths if not f"{path}/".startswith(tuple(f"{folder}/" for folder in KERNEL_FOLDERS))]


def missing_files(root, paths):
    """The paths, by package, that are not in the root. A child looks with the root as its own: links lead as they will."""
    answer, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            # Python finds no module any more in the root.
            with os.fdopen(told, "w", encoding="ascii") as pipe:
                os.chroot(root)
                lost = {name: [path for path in own if not os.path.lexists(path)] for name, own in paths.items()}
                json.dump({name: own for name, own in lost.items() if own}, pipe)
        finally:
            os._exit(0)
    os.close(told)
    with os.fdopen(answer, encoding="ascii") as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    return json.loads(text)
