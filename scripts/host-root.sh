# Runs a command in a root filesystem, with its own mounts and processes, and the host's network and devices.
# usage: host-root.sh <root> <command>...
# Must be started in new mount and PID namespaces, which end with the first process.
set -e
mount --make-rprivate /
# Programs that make namespaces change the propagation of /, which must be a mount point for that.
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc "$1/proc"
mount -t sysfs -o ro sysfs "$1/sys"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/run"
root=$1
shift
exec chroot "$root" "$@"
