"""The accounts of an image: its passwd, group, shadow and gshadow, and the homes of its users."""

import os
import shutil

from account_files import NAMES, AccountFiles
from tree import Refused


class Accounts(AccountFiles):
    def __init__(self, tree, today):
        super().__init__({name: tree.read(f"/etc/{name}") for name in NAMES})
        self.tree = tree
        self.today = str(today)

    def free(self, file, start=1000):
        taken = {int(entry[2]) for entry in self.files[file] if entry[2].isdigit()}
        return next(number for number in range(start, 60001) if number not in taken)

    def add_group(self, name, gid=None):
        entry = self.find("group", name)
        if entry is None:
            number = self.free("group") if gid is None else gid
            other = self.owner("group", number)
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
            other = self.owner("passwd", uid)
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
            self.gid(group, name)
            self.join(group, name)
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
        for name in NAMES:
            private = name in ("shadow", "gshadow")
            text = self.text(name)
            if private and not os.path.exists(self.tree.at(f"/etc/{name}")):
                self.tree.write(f"/etc/{name}", text, 0o600)
            else:
                self.tree.write(f"/etc/{name}", text)
