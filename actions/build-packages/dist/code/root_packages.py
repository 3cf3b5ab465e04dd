"""Reads which RPMs are in a build root by rpm's database, and which should be.

    root_packages.py <request.json>     one JSON document on standard output

Runs in a fresh overlay of the worker, by the worker's own rpm: rpm and the database in the root may be a stranger's. What
lies in the root over the worker is bound, read-only. Expected are the RPMs of the worker, but for those that were erased
or replaced, and those of files. See root_headers.py.
"""

import json
import os
import sys

import rpm

sys.path.insert(0, os.path.dirname(__file__))
from root_headers import header_of, headers, named  # noqa: E402


def label(header):
    return f"{header['NAME']}-{header['VERSION']}-{header['RELEASE']}.{header['ARCH']}"


def take_database(upper):
    """Puts the files of the root's database in the place of the worker's: nothing but regular files, and no link is followed."""
    database = rpm.expandMacro("%{_dbpath}")
    for entry in os.scandir(f"{upper}{database}") if os.path.isdir(f"{upper}{database}") else ():
        place = os.path.join(database, entry.name)
        if os.path.lexists(place):
            os.unlink(place)
        if entry.is_file(follow_symlinks=False):
            with open(entry.path, "rb") as source, open(place, "xb") as copy:
                while chunk := source.read(1 << 20):
                    copy.write(chunk)


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
