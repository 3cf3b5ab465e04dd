#!/usr/bin/python3
"""Prints the shell that makes the users and groups of files of sysusers.d(5), for a %pre without systemd.

    sysusers-scriptlet.py <file>...
"""

import shlex
import sys

SHELL = "/usr/sbin/nologin"


def group(name, number):
    option = f" -g {shlex.quote(number)}" if number.isdigit() else ""
    return f"getent group {name} >/dev/null || groupadd -r{option} {name} || :"


def user(name, numbers, gecos, home, shell):
    uid, _, primary = ("", "", "") if numbers.startswith("/") else numbers.partition(":")
    options = f" -u {shlex.quote(uid)}" if uid.isdigit() else ""
    rest = f"-g {shlex.quote(primary) if primary else name} -d {home or '/'} -s {shell or SHELL}"
    own = [] if primary else [group(name, uid)]
    line = f"useradd -r{options} {rest}{f' -c {gecos}' if gecos else ''} {name} || :"
    return [*own, f"getent passwd {name} >/dev/null || {line}"]


def scriptlet(text):
    lines, members = [], []
    for line in text.splitlines():
        fields = shlex.split(line, comments=line.lstrip().startswith("#"))
        if len(fields) < 2:
            continue
        kind, name, number, gecos, home, shell = [
            "" if one == "-" else shlex.quote(one) if one else "" for one in [*fields, *[""] * 6][:6]
        ]
        if kind == "g":
            lines.append(group(name, number))
        elif kind in ("u", "'u!'"):
            lines += user(name, number, gecos, home, shell)
        elif kind == "m":
            lines += [group(number, ""), *user(name, "", "", "", "")]
            members.append(f"usermod -a -G {number} {name} || :")
    return [*lines, *members]


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        print("\n".join(scriptlet(file.read())))
