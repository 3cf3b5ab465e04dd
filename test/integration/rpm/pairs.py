"""Answers for rpm how it compares pairs: JSON on standard input and output.

    {"versions": [[a, b], ...], "dependencies": [[provide, require], ...]}    each version as [epoch, version, release]
"""

import json
import sys

import rpm

SENSES = {
    "": 0,
    "=": rpm.RPMSENSE_EQUAL,
    "<": rpm.RPMSENSE_LESS,
    ">": rpm.RPMSENSE_GREATER,
    "<=": rpm.RPMSENSE_LESS | rpm.RPMSENSE_EQUAL,
    ">=": rpm.RPMSENSE_GREATER | rpm.RPMSENSE_EQUAL,
}


def dependency(text, tag):
    name, sense, evr = [*text.split(" "), "", ""][:3]
    return rpm.ds((name, SENSES[sense], evr), tag)


def satisfies(provide, require):
    return dependency(provide, rpm.RPMTAG_PROVIDENAME).Search(dependency(require, rpm.RPMTAG_REQUIRENAME)) >= 0


asked = json.load(sys.stdin)
answers = {
    "versions": [rpm.labelCompare(tuple(a), tuple(b)) for a, b in asked["versions"]],
    "dependencies": [satisfies(*pair) for pair in asked["dependencies"]],
}
json.dump(answers, sys.stdout)
