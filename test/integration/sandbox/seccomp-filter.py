"""Makes the filter of system-calls.txt with libseccomp. Reads what is allowed from standard input, prints JSON."""

import base64
import json
import sys
import tempfile

import seccomp

asked = json.load(sys.stdin)
arch = seccomp.Arch(getattr(seccomp.Arch, asked["arch"]))
EPERM, ENOSYS, EAFNOSUPPORT = (seccomp.ERRNO(number) for number in (1, 38, 97))
NEW_USER_NAMESPACE = 0x10000000


def name_of(number):
    try:
        return seccomp.resolve_syscall(arch, number).decode()
    except ValueError:
        return None


def allow_all_but(call, index, refused, error):
    """libseccomp compares an argument once in a rule: so each value between two refused ones has a rule."""
    made.add_rule(seccomp.ALLOW, call, seccomp.Arg(index, seccomp.LT, min(refused)))
    made.add_rule(seccomp.ALLOW, call, seccomp.Arg(index, seccomp.GT, max(refused)))
    for value in range(min(refused), max(refused) + 1):
        action = error if value in refused else seccomp.ALLOW
        made.add_rule(action, call, seccomp.Arg(index, seccomp.EQ, value))


made = seccomp.SyscallFilter(ENOSYS)
if not made.exist_arch(arch):
    made.add_arch(arch)
    made.remove_arch(seccomp.Arch())
made.set_attr(seccomp.Attr.ACT_BADARCH, ENOSYS)
names = {number: name for number in range(asked["newest"] + 1) if (name := name_of(number)) is not None}
for name in names.values():
    if name in ("clone", "unshare"):
        for value, action in ((0, seccomp.ALLOW), (NEW_USER_NAMESPACE, EPERM)):
            made.add_rule(action, name, seccomp.Arg(0, seccomp.MASKED_EQ, NEW_USER_NAMESPACE, value))
    elif name == "ioctl":
        allow_all_but(name, 1, asked["terminalInput"], EPERM)
    elif name == "socket":
        families = asked["socketFamilies"]
        for value in range(max(families) + 1):
            action = seccomp.ALLOW if value in families else EAFNOSUPPORT
            made.add_rule(action, name, seccomp.Arg(0, seccomp.EQ, value))
        made.add_rule(EAFNOSUPPORT, name, seccomp.Arg(0, seccomp.GT, max(families)))
    elif name in asked["allowed"]:
        made.add_rule(seccomp.ALLOW, name)
    elif name != "clone3":
        made.add_rule(EPERM, name)
with tempfile.TemporaryFile() as file:
    made.export_bpf(file)
    file.seek(0)
    print(json.dumps({"names": names, "program": base64.b64encode(file.read()).decode()}))
