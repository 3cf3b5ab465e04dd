"""The private copy of a spec's folder: what a spec is given to read, and what of it the spec has read.

It lies on a tmpfs as a build sees it, SPECS/<name>.spec and SOURCES/<path in the folder>, where a Source of a subfolder
is by its base name, too. It belongs to root: a spec can read it and change nothing, not even the time at which a file was
last read. For a file that nobody has read that time is UNREAD. It is older than the file, so the first read sets another
one.
"""

import hashlib
import json
import os
import shutil
import stat

UNREAD = 1
MOST_FILES = 10_000
MOST_FOLDERS_DEEP = 16
# Sources are read by few specs; of a patch rpm reads the first bytes.
SOURCE_BYTES = 4 << 20
FILE_BYTES = 32 << 20
ALL_BYTES = 256 << 20


class Refused(Exception):
    """A folder that cannot be given to its spec: message and hint."""


class Folder:
    """The copies of folders of specs, one at a time, below `top`. `time` is the time of all files."""

    def __init__(self, top, time):
        self.time = time * 10**9
        self.specs, self.sources = os.path.join(top, "SPECS"), os.path.join(top, "SOURCES")

    def fill(self, tree, spec):
        """Copies what lies beside `spec`, a path in the tree `tree`. Returns the SHA-256 of the spec."""
        self.tree = tree
        # Path in the folder -> why its bytes are not there; None: they are.
        self.files, self.folders, self.links, self.bytes = {}, set(), set(), 0
        # Paths of files that their owner may execute, as git keeps it.
        self.programs = set()
        for folder in (self.specs, self.sources):
            shutil.rmtree(folder, ignore_errors=True)
            os.mkdir(folder)
        self.origin, name = os.path.split(os.path.join(self.tree, spec))
        content, refusal, _ = read(os.path.realpath(os.path.join(self.origin, name)), FILE_BYTES)
        if refusal:
            raise Refused(f"this spec {refusal}", "Make it a file that can be read.")
        self.write(os.path.join(self.specs, name), content, len(content))
        self.signed = names_signed(os.path.join(self.origin, f"{name[:-5]}.signatures.json"))
        self.copy(self.origin, "", [os.path.realpath(self.origin)], name)
        self.lift()
        self.promise(self.signed)
        return hashlib.sha256(content).hexdigest()

    def copy(self, origin, path, above, without=""):
        """Copies the folder `origin` to `path`. `above` are the real paths of the folders that it lies in."""
        if len(above) > MOST_FOLDERS_DEEP:
            message = f"the folder of this spec holds more than {MOST_FOLDERS_DEEP} folders in one another"
            raise Refused(message, "Keep in it what the package needs.")
        for name in sorted(os.listdir(origin)):
            if name != without and not (path == "" and name.endswith(".signatures.json")):
                self.add(os.path.join(origin, name), os.path.join(path, name), above)

    def add(self, origin, path, above):
        """Copies a file or folder. Of what cannot be given there is an empty file, so that a read of it shows."""
        if len(self.files) + len(self.folders) >= MOST_FILES:
            message = f"the folder of this spec holds more than {MOST_FILES} files"
            raise Refused(message, "Give the spec a folder of its own, with what the package needs.")
        real = real_path(origin) if os.path.islink(origin) else origin
        mode = os.lstat(real).st_mode if real.startswith(self.tree + "/") else 0
        if mode & stat.S_IXUSR and stat.S_ISREG(mode):
            self.programs.add(path)
        if mode == 0:
            self.give(path, b"", "is a symbolic link that leads out of the folder of specs, or nowhere")
        elif not stat.S_ISDIR(mode):
            limit = SOURCE_BYTES if path in self.signed else FILE_BYTES
            self.give(path, *read(real, min(limit, ALL_BYTES - self.bytes)))
        elif real in above:
            self.give(path, b"", "is a symbolic link to a folder that it lies in")
        # What lies beside a spec at the top of the tree are the folders of other specs.
        elif self.origin != self.tree:
            self.folders.add(path)
            if real != origin:
                self.links.add(path)
            os.mkdir(os.path.join(self.sources, path))
            self.copy(real, path, [*above, real])

    def lift(self):
        """Gives each file of subfolders by base name, too: that in the fewest folders. What lies beside the spec wins."""
        self.lifted = {}
        for path in sorted(self.files, key=lambda path: path.count("/")):
            name = os.path.basename(path)
            if self.lifted.get(name, path).count("/") < path.count("/") or self.links.intersection(folders_above(path)):
                continue
            if name in self.lifted:
                self.files[name] = f"lies in this folder twice, as {self.lifted[name]} and {path}"
            elif name not in self.files and name not in self.folders:
                self.lifted[name] = path
                if path in self.programs:
                    self.programs.add(name)
                self.give(name, *self.again(path))

    def unlift(self, names):
        """Takes back what was lifted and is none of `names`. True if there was such a file: then nothing counts as read."""
        surplus = self.lifted.keys() - names
        for name in surplus:
            os.unlink(os.path.join(self.sources, name))
            del self.lifted[name], self.files[name]
            self.programs.discard(name)
        for path in self.files if surplus else ():
            os.utime(os.path.join(self.sources, path), ns=(UNREAD, self.time))
        return bool(surplus)

    def again(self, path):
        """The bytes of a file that was given, as `read` returns them."""
        file = os.path.join(self.sources, path)
        size, refusal = os.stat(file).st_size, self.files[path]
        if refusal is None and self.bytes + size > ALL_BYTES:
            refusal = f"is too large for that ({size >> 20} MiB)"
        if refusal:
            return b"", refusal, size
        content, _, _ = read(file, size)
        os.utime(file, ns=(UNREAD, self.time))
        return content, None, size

    def give(self, path, content, refusal=None, size=0):
        self.files[path] = refusal
        self.bytes += len(content)
        self.write(os.path.join(self.sources, path), content, max(size, len(content)), path in self.programs)

    def write(self, path, content, size, is_program=False):
        with open(path, "xb") as file:
            file.write(content)
            file.truncate(size)
            os.fchmod(file.fileno(), 0o755 if is_program else 0o644)
        os.utime(path, ns=(UNREAD, self.time))

    def promise(self, names):
        """Makes empty files for Sources that a build has and this folder has not."""
        for name in sorted(names):
            if name not in self.files and is_name(name):
                self.give(name, b"", "does not lie beside the spec")

    def opened(self):
        """The paths of the files that were read, sorted."""
        return sorted(path for path in self.files if os.stat(os.path.join(self.sources, path)).st_atime_ns != UNREAD)

    def digest(self, path):
        with open(os.path.join(self.sources, path), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def keep(self, staged):
        """Leaves exactly what a build gets: the paths `staged`, none of them read."""
        above = {folder for path in staged for folder in folders_above(path)}
        for path in sorted(self.folders - above, reverse=True):
            shutil.rmtree(os.path.join(self.sources, path), ignore_errors=True)
        for path in self.files.keys() - staged:
            if set(folders_above(path)) <= above:
                os.unlink(os.path.join(self.sources, path))
        self.folders &= above
        self.files = {path: refusal for path, refusal in self.files.items() if path in staged}
        for path in self.files:
            os.utime(os.path.join(self.sources, path), ns=(UNREAD, self.time))
        for name in sorted(staged - self.files.keys()):
            if os.path.lexists(os.path.join(self.origin, name)):
                self.add(os.path.join(self.origin, name), name, [])
        self.promise(staged)


def read(path, limit):
    """Returns the bytes of a regular file, why they are not given, and how many the file has."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                return b"", "is no regular file", 0
            content = file.read(limit + 1) if state.st_size <= limit else b""
    except OSError as error:
        return b"", f"cannot be read ({error.strerror})", 0
    if max(state.st_size, len(content)) > limit:
        return b"", f"is too large for that ({state.st_size >> 20} MiB)", state.st_size
    return content, None, len(content)


def real_path(path):
    try:
        return os.path.realpath(path, strict=True)
    except OSError:
        return ""


def folders_above(path):
    parts = path.split("/")[:-1]
    return ["/".join(parts[: index + 1]) for index in range(len(parts))]


def is_name(name):
    """True for what can be the name of a file."""
    try:
        return name not in ("", ".", "..") and "/" not in name and "\0" not in name and len(os.fsencode(name)) < 256
    except UnicodeEncodeError:
        return False


def names_signed(path):
    """The names in a signatures file. One that is wrong is an error when the digests are read, not here."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            members = json.load(file)
        return {name for key, names in members.items() if key.lower() == "signatures" for name in names}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return set()
