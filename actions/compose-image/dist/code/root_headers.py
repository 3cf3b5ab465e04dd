"""The headers of RPMs in rpm's database and in files. Each is known by its name and the SHA-256 of its immutable part."""

import hashlib
import sys

import rpm


# No check of signatures and digests by rpm: what is read here is hashed here.
UNCHECKED = rpm.RPMVSF_MASK_NOSIGNATURES | rpm.RPMVSF_MASK_NODIGESTS


def named(header):
    """`name-epoch:version-release.arch`, a blank, and the digest."""
    epoch = header["EPOCH"] or 0
    name = f"{header['NAME']}-{epoch}:{header['VERSION']}-{header['RELEASE']}.{header['ARCH']}"
    return f"{name} {hashlib.sha256(header[rpm.RPMTAG_HEADERIMMUTABLE]).hexdigest()}"


def headers(root="/"):
    """Those in the database of a root; imported keys are left out."""
    # What rpm says of damage goes to standard error, apart from the answer.
    rpm.setLogFile(sys.stderr)
    transaction = rpm.TransactionSet(root)
    transaction.setVSFlags(UNCHECKED)
    return [header for header in transaction.dbMatch() if header["NAME"] != "gpg-pubkey"]


def header_of(path):
    """That of a file, whose digest was compared with the plan's before it came here."""
    transaction = rpm.TransactionSet()
    transaction.setVSFlags(UNCHECKED)
    with open(path, "rb") as file:
        return transaction.hdrFromFdno(file.fileno())
