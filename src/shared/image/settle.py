"""Turns a root in which packages were installed into an image's. Runs in the sandbox, as its root.

    settle.py <request.json>     one JSON document on standard output

The root may hold anything that packages and scripts left there, so paths are resolved inside it: a link that leads out
of it leads nowhere.
"""

import json
import os
import shutil
import stat
import sys

DAY = 86400


class Refused(Exception):
    """A problem to tell the user in these words."""


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
                os.mkdir(place)
                os.chmod(place, mode)
        return self.at(path)

    def read(self, path):
        try:
            with open(self.at(path), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def write(self, path, text, mode=None):
        self.folder(os.path.dirname(path))
        place = self.at(path)
        fresh = not os.path.exists(place)
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)
        if fresh or mode is not None:
            os.chmod(place, 0o644 if mode is None else mode)


class Accounts:
    """The account files of a root, line by line, in their order."""

    def __init__(self, tree, today):
        self.tree = tree
        self.today = str(today)
        self.files = {
            name: [line.split(":") for line in tree.read(f"/etc/{name}").splitlines() if line]
            for name in ("passwd", "group", "shadow", "gshadow")
        }

    def find(self, file, name):
        return next((entry for entry in self.files[file] if entry[0] == name), None)

    def free(self, file, start=1000):
        taken = {int(entry[2]) for entry in self.files[file] if entry[2].isdigit()}
        return next(number for number in range(start, 60001) if number not in taken)

    def add_group(self, name, gid=None):
        entry = self.find("group", name)
        if entry is None:
            number = self.free("group") if gid is None else gid
            other = next((one[0] for one in self.files["group"] if one[2] == str(number)), None)
            if other is not None:
                raise Refused(f"group '{name}' cannot have GID {number}: it is '{other}'s")
            self.files["group"].append([name, "x", str(number), ""])
            self.files["gshadow"].append([name, "!", "", ""])
        elif gid is not None and entry[2] != str(gid):
            raise Refused(f"group '{name}' exists with GID {entry[2]}, not {gid}")

    def add_user(self, user):
        name = user["name"]
        entry = self.find("passwd", name)
        if entry is None:
            uid = self.free("passwd") if user["uid"] is None else user["uid"]
            other = next((one[0] for one in self.files["passwd"] if one[2] == str(uid)), None)
            if other is not None:
                raise Refused(f"user '{name}' cannot have UID {uid}: it is '{other}'s")
            group = user["primaryGroup"] or name
            if not user["primaryGroup"]:
                free = all(one[2] != str(uid) for one in self.files["group"])
                self.add_group(name, uid if free and self.find("group", name) is None else None)
            entry = [name, "x", str(uid), self.gid(group, name), "", f"/home/{name}", "/bin/bash"]
            self.files["passwd"].append(entry)
        elif user["uid"] is not None and entry[2] != str(user["uid"]):
            raise Refused(f"user '{name}' exists with UID {entry[2]}, not {user['uid']}")
        if user["primaryGroup"]:
            entry[3] = self.gid(user["primaryGroup"], name)
        entry[5] = user["homeDirectory"] or entry[5]
        entry[6] = user["startupCommand"] or entry[6]
        shadow = self.find("shadow", name)
        if shadow is None:
            shadow = [name, "!", self.today, "0", "99999", "7", "", "", ""]
            self.files["shadow"].append(shadow)
        if user["hash"] is not None:
            shadow[1] = user["hash"]
        if user["passwordNeverExpires"]:
            shadow[4] = "99999"
        for group in user["secondaryGroups"]:
            members = self.find("group", group)
            if members is None:
                raise Refused(f"user '{name}': there is no group '{group}'")
            for line in filter(None, (members, self.find("gshadow", group))):
                names = [one for one in line[3].split(",") if one]
                if name not in names:
                    line[3] = ",".join([*names, name])
        self.home(entry, user["sshPubKeys"])

    def gid(self, group, name):
        entry = self.find("group", group)
        if entry is None:
            raise Refused(f"user '{name}': there is no group '{group}'")
        return entry[2]

    def home(self, entry, keys):
        uid, gid, home = int(entry[2]), int(entry[3]), entry[5]
        if not os.path.isdir(self.tree.at(home)):
            place = self.tree.folder(home)
            skeleton = self.tree.at("/etc/skel")
            if os.path.isdir(skeleton):
                shutil.copytree(skeleton, place, symlinks=True, dirs_exist_ok=True)
            os.chmod(place, 0o700)
            for folder, folders, files in os.walk(place):
                for one in [folder, *(os.path.join(folder, name) for name in [*folders, *files])]:
                    os.lchown(one, uid, gid)
        if keys:
            place = self.tree.folder(f"{home}/.ssh", 0o700)
            self.tree.write(f"{home}/.ssh/authorized_keys", "".join(f"{key}\n" for key in keys), 0o600)
            for one in (place, self.tree.at(f"{home}/.ssh/authorized_keys")):
                os.chown(one, uid, gid)

    def save(self):
        for entry in self.files["shadow"]:
            # Tools that made accounts wrote the day on which they ran.
            entry[2] = self.today if len(entry) > 2 and entry[2] not in ("", "0") else entry[2]
        for name, entries in self.files.items():
            private = name in ("shadow", "gshadow")
            text = "".join(":".join(entry) + "\n" for entry in entries)
            if private and not os.path.exists(self.tree.at(f"/etc/{name}")):
                self.tree.write(f"/etc/{name}", text, 0o600)
            else:
                self.tree.write(f"/etc/{name}", text)


def configure(request):
    tree = Tree(request["root"])
    for name, text in sorted(request["texts"].items()):
        tree.write(name, text)
    accounts = Accounts(tree, request["epoch"] // DAY)
    for group in request["groups"]:
        accounts.add_group(group["name"], group["gid"])
    for user in request["users"]:
        accounts.add_user(user)
    accounts.save()
    for file in request["files"]:
        tree.folder(os.path.dirname(file["target"]))
        place = tree.at(file["target"])
        if os.path.isdir(place):
            raise Refused(f"AdditionalFiles: {file['target']} is a folder in the image")
        shutil.copyfile(file["source"], place)
        os.chmod(place, file["mode"])
    return {}


# What tools leave that no image should have, or that differs from run to run.
LITTER = [
    "/var/cache/ldconfig", "/var/cache/dnf", "/var/cache/tdnf", "/var/lib/systemd/random-seed",
    "/etc/.pwd.lock", "/etc/passwd-", "/etc/shadow-", "/etc/group-", "/etc/gshadow-", "/etc/resolv.conf.bak",
    "/usr/lib/sysimage/rpm/.rpm.lock", "/var/lib/rpm/.rpm.lock",
]
EMPTIED = ["/tmp", "/var/tmp", "/run", "/dev", "/proc", "/sys", "/var/log"]


def finish(request):
    tree = Tree(request["root"])
    for path in LITTER:
        place = tree.at(path, follow_last=False)
        if os.path.isdir(place) and not os.path.islink(place):
            for name in os.listdir(place):
                remove(os.path.join(place, name))
        elif os.path.lexists(place):
            os.unlink(place)
    for path in EMPTIED:
        place = tree.at(path)
        if not os.path.isdir(place):
            continue
        for name in os.listdir(place):
            inner = os.path.join(place, name)
            if path != "/var/log" or not os.path.isdir(inner):
                remove(inner)
    # Whoever made the folder on the host, in the image it is root's.
    os.chown(request["root"], 0, 0)
    os.chmod(request["root"], 0o755)
    settle_times(request["root"], request["epoch"])
    return {"parts": {part["id"]: split(tree, part, request["epoch"]) for part in request["parts"]}}


def remove(place):
    if os.path.isdir(place) and not os.path.islink(place):
        shutil.rmtree(place)
    else:
        os.unlink(place)


def split(tree, part, epoch):
    """Moves what belongs to a filesystem of its own out of the root; a FAT one must be able to hold it."""
    place = tree.at(part["mountPoint"]) if part["mountPoint"] else None
    if place is not None and os.path.isdir(place):
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
            os.makedirs(os.path.dirname(os.path.join(part["folder"], target)), exist_ok=True)
            shutil.copyfile(source, os.path.join(part["folder"], target))
    settle_times(part["folder"], epoch)
    return fat_entries(part["folder"], part["id"]) if part["fat"] else []


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


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    step = {"configure": configure, "finish": finish}[request["step"]]
    try:
        answer = step(request)
    except Refused as refused:
        answer = {"refused": str(refused)}
    json.dump(answer, sys.stdout)


main()
