"""Makes of a root in which packages were installed what the config says: texts, accounts, files. See tree.py."""

import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(__file__))
from accounts import Accounts  # noqa: E402
from tree import Refused, Tree, answer, naming  # noqa: E402

DAY = 86400


def configure(request):
    tree = Tree(request["root"])
    for name, text in sorted(request["texts"].items()):
        with naming(name):
            tree.replace(name)
            tree.write(name, text)
    accounts = Accounts(tree, request["epoch"] // DAY)
    for group in request["groups"]:
        accounts.add_group(group["name"], group["gid"])
    for user in request["users"]:
        with naming(f"user '{user['name']}'"):
            accounts.add_user(user)
    accounts.save()
    for file in request["files"]:
        with naming(f"AdditionalFiles: '{file['target']}'"):
            put(tree, file, request)
    return {}


def put(tree, file, request):
    target = file["target"]
    place = tree.replace(target)
    if os.path.isdir(place):
        raise Refused(f"AdditionalFiles: '{target}' is a folder in the image")
    if is_lost(tree, place, request):
        raise Refused(f"AdditionalFiles: '{target}' is {tree.shown(place)}, where nothing stays in an image")
    shutil.copyfile(file["source"], place)
    os.chmod(place, file["mode"])


def is_lost(tree, place, request):
    """Whether what lies there is removed when the image is finished."""

    def inside(folders):
        return any(place.startswith(tree.at(folder) + "/") for folder in folders)

    return (
        inside(request["emptied"])
        or os.path.dirname(place) in [tree.at(folder) for folder in request["cleared"]]
        or place in [tree.at(path, follow_last=False) for path in request["obsoleteFiles"]]
        or inside(request["obsoleteFiles"])
    )


answer(configure)
