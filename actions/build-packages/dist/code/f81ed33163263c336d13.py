"""Makes the users and groups that files of sysusers.d(5) describe, in the account files of a root.

rpm looks up the owner of a file when it unpacks the file. Before version 4.19 it makes no users itself, and
systemd-sysusers may not be in the root, or comes too late.
"""

import itertools
import os
import shlex

from account_files import NAMES, AccountFiles

SYSTEM = (100, 999)


def entries_of(text):
    """The lines of one file, as lists of at most six fields. A line that is not sound is left out."""
    for line in text.splitlines():
        try:
            fields = shlex.split(line, comments=line.lstrip().startswith("#"))
        except ValueError:
            continue
        # Specifiers such as %b stand for facts of the machine on which the system runs.
        if 2 <= len(fields) <= 6 and not any(":" in one or "%" in one for one in fields[1:2] + fields[3:]):
            yield [*("" if one == "-" else one for one in fields), *[""] * (6 - len(fields))]


class Sysusers:
    def __init__(self, root, files, today):
        """`files`: text of each configuration file, by its name."""
        self.root = root
        self.today = str(today)
        self.entries = [entry for name in sorted(files) for entry in entries_of(files[name])]
        ranges = [entry[2].partition("-") for entry in self.entries if entry[0] == "r"]
        bounds = [(int(low), int(high or low)) for low, _, high in ranges if (low + (high or low)).isdigit()]
        self.ranges = [range(high, low - 1, -1) for low, high in bounds or [SYSTEM]]

    def make(self):
        """Makes all that are missing, unless the root has no account files yet. May be called again and again."""
        texts = {name: self.read(name) for name in NAMES}
        if texts["passwd"] is None or texts["group"] is None:
            return
        self.accounts = AccountFiles({name: text or "" for name, text in texts.items()})
        # Those with a number of their own come first, so that nobody else takes it.
        for entry in sorted(self.entries, key=lambda one: one[2] == ""):
            kind, name, number, gecos, home, shell = entry
            if kind == "g":
                self.group(name, self.number(number, 1))
            elif kind in ("u", "u!"):
                self.user(name, number, gecos, home, shell)
        for kind, name, group, *_ in self.entries:
            if kind == "m" and group:
                self.group(group, None)
                self.user(name, "", "", "", "")
                self.accounts.join(group, name)
        for name in NAMES:
            if texts[name] is not None and self.accounts.text(name) != texts[name]:
                self.write(name, self.accounts.text(name))

    def group(self, name, number):
        if self.accounts.find("group", name) is None:
            self.accounts.files["group"].append([name, "x", str(self.free(number, ("group",))), ""])
        if self.accounts.find("gshadow", name) is None:
            self.accounts.files["gshadow"].append([name, "!*", "", ""])
        return self.accounts.find("group", name)[2]

    def user(self, name, numbers, gecos, home, shell):
        if self.accounts.find("shadow", name) is None:
            self.accounts.files["shadow"].append([name, "!*", self.today, "", "", "", "", "", ""])
        if self.accounts.find("passwd", name) is not None:
            return
        first, _, second = ("", "", "") if numbers.startswith("/") else numbers.partition(":")
        uid = self.number(numbers if numbers.startswith("/") else first, 0)
        group = self.accounts.find("group", name)
        if second.isdigit():
            gid = second
        elif second:
            gid = self.group(second, None)
        elif group is not None:
            gid = group[2]
            uid = int(gid) if uid is None and gid.isdigit() else uid
        else:
            uid = self.free(uid, ("passwd", "group"))
            gid = self.group(name, uid)
        uid = self.free(uid, ("passwd",))
        shell = shell or ("/bin/sh" if uid == 0 else "/usr/sbin/nologin")
        self.accounts.files["passwd"].append([name, "x", str(uid), gid, gecos, home or "/", shell])

    def free(self, wanted, files):
        """The wanted number if nobody has it in these files, else the highest that is free in all of them."""
        if wanted is not None and all(self.accounts.owner(file, wanted) is None for file in files):
            return wanted
        return next(
            number
            for number in itertools.chain(*self.ranges)
            if all(self.accounts.owner(file, number) is None for file in ("passwd", "group"))
        )

    def number(self, text, part):
        """A number, or the owner (0) or group (1) of a path of the root; None for neither."""
        if text.startswith("/"):
            try:
                found = os.lstat(self.root.rstrip("/") + text)
            except OSError:
                return None
            return (found.st_uid, found.st_gid)[part]
        return int(text) if text.isdigit() else None

    def place(self, name):
        return os.path.join(self.root, "etc", name)

    def read(self, name):
        try:
            with os.fdopen(os.open(self.place(name), os.O_RDONLY | os.O_NOFOLLOW), errors="surrogateescape") as file:
                return file.read()
        except OSError:
            return None

    def write(self, name, text):
        target = os.open(self.place(name), os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW)
        with os.fdopen(target, "w", errors="surrogateescape") as file:
            file.write(text)
