"""Reads which RPMs are in a root by rpm's database, and which should be by their files. See tree.py.

Each is `name-epoch:version-release.arch`, a blank, and the SHA-256 of its header. rpm skips headers of the database that
do not have the digest that they say, and refuses such files.
"""

import os
import sys

import rpm

sys.path.insert(0, os.path.dirname(__file__))
from tree import Refused, answer  # noqa: E402


def named(header):
    epoch = header["EPOCH"] or 0
    name = f"{header['NAME']}-{epoch}:{header['VERSION']}-{header['RELEASE']}.{header['ARCH']}"
    return f"{name} {header['SHA256HEADER'] or header['SHA1HEADER'] or 'without a digest'}"


def installed(request):
    # What rpm says of damage goes to standard error, apart from the answer.
    rpm.setLogFile(sys.stderr)
    database = rpm.TransactionSet(request["root"])
    try:
        found = [named(header) for header in database.dbMatch() if header["NAME"] != "gpg-pubkey"]
    except rpm.error as error:
        raise Refused(f"rpm's database of the image cannot be read ({error})") from error
    files = rpm.TransactionSet()
    # The caller has compared the digest of each file; its signature is not for rpm to judge.
    files.setVSFlags(rpm.RPMVSF_MASK_NOSIGNATURES)
    expected = []
    for path in request["rpms"]:
        with open(path, "rb") as file:
            try:
                expected.append(named(files.hdrFromFdno(file.fileno())))
            except rpm.error as error:
                raise Refused(f"{os.path.basename(path)} is no RPM that rpm can read ({error})") from error
    return {"installed": sorted(found), "expected": sorted(expected)}


answer(installed)
