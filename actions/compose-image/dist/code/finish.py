"""Makes of a configured root the trees of an image's filesystems: nothing left over, one time for all. See tree.py."""

import os
import shutil
import stat
import sys

sys.path.insert(0, os.path.dirname(__file__))
from tree import Refused, Tree, answer, naming  # noqa: E402


def finish(request):
    tree = Tree(request["root"])
    for path in request["obsoleteFiles"]:
        place = tree.at(path, follow_last=False)
        if os.path.isdir(place) and not os.path.islink(place):
            for name in os.listdir(place):
                remove(os.path.join(place, name))
        elif os.path.lexists(place):
            os.unlink(place)
    for path in [*request["emptied"], *request["cleared"]]:
        place = tree.at(path)
        for name in os.listdir(place) if os.path.isdir(place) else []:
            inner = os.path.join(place, name)
            if path in request["emptied"] or not os.path.isdir(inner):
                remove(inner)
    for part in request["parts"]:
        if part["mountPoint"]:
            with naming(f"the mount point '{part['mountPoint']}'"):
                tree.folder(part["mountPoint"])
    # Whoever made the folder on the host, in the image it is root's.
    os.chown(request["root"], 0, 0)
    os.chmod(request["root"], 0o755)
    settle_times(request["root"], request["epoch"])
    parts = {part["id"]: split(tree, part, request["epoch"]) for part in request["parts"]}
    others = [part["folder"] for part in request["parts"] if not part["fat"]]
    return {"parts": parts, "entries": {os.path.basename(top): entries_of(top) for top in [request["root"], *others]}}


def remove(place):
    if os.path.isdir(place) and not os.path.islink(place):
        shutil.rmtree(place)
    else:
        os.unlink(place)


def split(tree, part, epoch):
    """Moves what belongs to a filesystem of its own out of the root; a FAT one must be able to hold it."""
    if part["mountPoint"]:
        place = tree.at(part["mountPoint"])
        if place == tree.top:
            raise Refused(f"the mount point '{part['mountPoint']}' is the image's root")
        old = os.stat(place)
        os.rename(place, part["folder"])
        os.mkdir(place)
        os.chmod(place, 0o755)
        os.utime(place, (epoch, epoch))
        os.utime(os.path.dirname(place), (epoch, epoch))
        os.chmod(part["folder"], stat.S_IMODE(old.st_mode))
    else:
        os.makedirs(part["folder"])
    if part["extra"]:
        for target, source in sorted(part["extra"].items()):
            inner = Tree(part["folder"])
            place = inner.replace(target)
            original = tree.at(source)
            tree.must_be_file(original)
            shutil.copyfile(original, place)
    settle_times(part["folder"], epoch)
    return fat_entries(part["folder"], part["id"]) if part["fat"] else []


def entries_of(top):
    """Everything in a tree, so that the filesystem that is made of it can be compared: path, mode, UID, GID, size."""
    entries = []
    for here, folders, files in os.walk(top):
        for name in sorted([*folders, *files]):
            place = os.path.join(here, name)
            found = os.lstat(place)
            has_size = stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)
            path = os.fsencode(os.path.relpath(place, top)).decode("utf-8", "replace")
            entries.append([path, found.st_mode, found.st_uid, found.st_gid, found.st_size if has_size else 0])
    return entries


# What FAT or mtools' own syntax gives another meaning.
FORBIDDEN = '*?[]\\:"<>|'


def fat_entries(folder, name):
    entries = []
    for here, folders, files in os.walk(folder):
        folders.sort()
        for one in sorted([*folders, *files]):
            place = os.path.join(here, one)
            path = os.path.relpath(place, folder)
            mode = os.lstat(place).st_mode
            if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                raise Refused(f"partition '{name}' is FAT and cannot hold '{path}': it is no file and no folder")
            plain = all(" " < letter <= "~" and letter not in FORBIDDEN for letter in path)
            if not plain:
                raise Refused(f"partition '{name}' is FAT and cannot hold {path!r}: its name")
            entries.append({"path": path, "folder": stat.S_ISDIR(mode)})
    return entries


def settle_times(top, epoch):
    """No time later than the epoch, none with parts of a second."""
    for folder, folders, files in os.walk(top):
        for one in [folder, *(os.path.join(folder, name) for name in [*folders, *files])]:
            time = min(int(os.lstat(one).st_mtime), epoch)
            os.utime(one, (epoch, time), follow_symlinks=False)


answer(finish)
