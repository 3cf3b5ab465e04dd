"""The account files of a root: passwd, group, shadow and gshadow, line by line, in their order."""

NAMES = ("passwd", "group", "shadow", "gshadow")


class AccountFiles:
    """Their lines, as lists of fields. `texts` has the text of each file; '' for one that is not there."""

    def __init__(self, texts):
        self.files = {name: [line.split(":") for line in texts[name].splitlines() if line] for name in NAMES}

    def find(self, file, name):
        return next((entry for entry in self.files[file] if entry[0] == name), None)

    def owner(self, file, number):
        """The name that has this number."""
        return next((entry[0] for entry in self.files[file] if entry[2:3] == [str(number)]), None)

    def join(self, group, user):
        """Makes a user a member of a group, which exists."""
        for line in filter(None, (self.find("group", group), self.find("gshadow", group))):
            names = [one for one in line[3].split(",") if one]
            if user not in names:
                line[3] = ",".join([*names, user])

    def text(self, name):
        return "".join(":".join(entry) + "\n" for entry in self.files[name])
