"""Reads which RPMs are in a build root by rpm's database, and which should be.

    root_packages.py <request.json>     one JSON document on standard output

Runs in a fresh overlay of the worker, by the worker's own rpm: rpm and the database in the root may be a stranger's. What
lies in the root over the worker is bound, read-only. Expected are the RPMs of the worker, but for those that were erased
or replaced, and those of files. Each is `name-epoch:version-release.arch`, a blank, and the SHA-256 of its header.
"""

import hashlib
import json
import os
import shutil
import sys

import rpm


def named(header):
    epoch = header["EPOCH"] or 0
    name = f"{header['NAME']}-{epoch}:{header['VERSION']}-{header['RELEASE']}.{header['ARCH']}"
    return f"{name} {hashlib.sha256(header[rpm.RPMTAG_HEADERIMMUTABLE]).hexdigest()}"


def label(header):
    return f"{header['NAME']}-{header['VERSION']}-{header['RELEASE']}.{header['ARCH']}"


def headers():
    # What rpm says of damage goes to standard error, apart from the answer.
    rpm.setLogFile(sys.stderr)
    transaction = rpm.TransactionSet()
    transaction.setVSFlags(rpm.RPMVSF_MASK_NOSIGNATURES)
    return [header for header in transaction.dbMatch() if header["NAME"] != "gpg-pubkey"]


def header_of(path):
    transaction = rpm.TransactionSet()
    transaction.setVSFlags(rpm.RPMVSF_MASK_NOSIGNATURES | rpm.RPMVSF_MASK_NODIGESTS)
    with open(path, "rb") as file:
        return transaction.hdrFromFdno(file.fileno())


def take_database(upper):
    """Puts the files of the root's database in the place of the worker's: nothing but regular files, and no link is followed."""
    database = rpm.expandMacro("%{_dbpath}")
    for entry in os.scandir(f"{upper}{database}") if os.path.isdir(f"{upper}{database}") else ():
        place = os.path.join(database, entry.name)
        if os.path.lexists(place):
            os.unlink(place)
        if entry.is_file(follow_symlinks=False):
            shutil.copyfile(entry.path, place)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    added = [header_of(path) for path in request["install"]]
    names = {header["NAME"] for header in added}
    gone = set(request["erase"])
    staying = [header for header in headers() if header["NAME"] not in names and label(header) not in gone]
    expected = sorted(map(named, staying + added))
    take_database(request["upper"])
    json.dump({"installed": sorted(map(named, headers())), "expected": expected}, sys.stdout)


main()
