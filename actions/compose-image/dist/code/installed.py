"""Reads which RPMs are in an image by rpm's database, and which should be by their files. See tree.py, root_headers.py."""

import os
import sys

import rpm

sys.path.insert(0, os.path.dirname(__file__))
from root_headers import header_of, headers, named  # noqa: E402
from tree import Refused, answer  # noqa: E402


def installed(request):
    expected = [named(header_of(path)) for path in request["rpms"]]
    try:
        found = [named(header) for header in headers(request["root"])]
    except rpm.error as error:
        raise Refused(f"rpm's database of the image cannot be read ({error})") from error
    return {"installed": sorted(found), "expected": sorted(expected)}


answer(installed)
