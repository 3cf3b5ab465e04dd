"""What the helpers beside this file share: paths inside an image's root, and how they are asked and answer.

    <helper>.py <request.json>     one JSON document on standard output

They run in the sandbox, as its root. The root may hold anything that packages and scripts left there, so paths are
resolved inside it: a link that leads out of it leads nowhere.
"""

import contextlib
import errno
import json
import os
import stat
import sys


class Refused(Exception):
    """A problem to tell the user in these words."""


@contextlib.contextmanager
def naming(what):
    """Tells the user of a path that cannot be what the config wants of it. A full disk is another matter."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise Refused(f"{what}: {error.strerror or error}") from error


class Tree:
    def __init__(self, top):
        self.top = top

    def at(self, path, follow_last=True):
        """The place of an image's path, links followed as the image itself would."""
        parts = [part for part in path.split("/") if part]
        here = []
        hops = 0
        while parts:
            part = parts.pop(0)
            if part == "..":
                here = here[:-1]
                continue
            if part == ".":
                continue
            place = os.path.join(self.top, *here, part)
            if os.path.islink(place) and (parts or follow_last):
                hops += 1
                if hops > 40:
                    raise Refused(f"{path} is a loop of links")
                target = os.readlink(place)
                if target.startswith("/"):
                    here = []
                parts = [one for one in target.split("/") if one] + parts
                continue
            here.append(part)
        return os.path.join(self.top, *here)

    def folder(self, path, mode=0o755):
        here = ""
        for part in [one for one in path.split("/") if one]:
            here += "/" + part
            place = self.at(here)
            if not os.path.isdir(place):
                if os.path.lexists(place):
                    raise NotADirectoryError(errno.ENOTDIR, f"{here} is no folder")
                os.mkdir(place)
                os.chmod(place, mode)
        return self.at(path)

    def read(self, path):
        place = self.at(path)
        if not os.path.lexists(place):
            return ""
        self.must_be_file(place)
        with open(place, encoding="utf-8") as file:
            return file.read()

    def must_be_file(self, place):
        """A pipe would make us wait for whoever is at its other end, and nobody is."""
        if not stat.S_ISREG(os.lstat(place).st_mode):
            raise Refused(f"{self.shown(place)} is no file in the image")

    def write(self, path, text, mode=None):
        self.folder(os.path.dirname(path))
        place = self.at(path)
        fresh = not os.path.lexists(place)
        if not fresh:
            self.must_be_file(place)
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)
        if fresh or mode is not None:
            os.chmod(place, 0o644 if mode is None else mode)

    def replace(self, path):
        """Where a file goes that shall lie at `path`: links on the way are followed, a link or pipe at the end gives way."""
        place = os.path.join(self.folder(os.path.dirname(path)), os.path.basename(path))
        if os.path.lexists(place) and not (stat.S_ISREG(mode := os.lstat(place).st_mode) or stat.S_ISDIR(mode)):
            os.unlink(place)
        return place

    def shown(self, place):
        """The image's path of a place."""
        return "/" + os.path.relpath(place, self.top)


def answer(step):
    """Runs `step` on the request and prints what it answers."""
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    try:
        said = step(request)
    except Refused as refused:
        said = {"refused": str(refused)}
    except (OSError, ValueError, IndexError) as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise
        said = {"refused": f"the image's files cannot be finished: {error}"}
    json.dump(said, sys.stdout)
