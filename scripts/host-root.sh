# Runs "$@" in the root $1 as on a machine of its own: own mounts and processes, the host's network and devices.
# Started in fresh mount and PID namespaces: everything is gone with the first process.
set -e
mount --make-rprivate /
# Its root must be a mount point, as every machine's is: what makes namespaces inside changes how it propagates.
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc "$1/proc"
mount -t sysfs -o ro sysfs "$1/sys"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/run"
root=$1
shift
exec chroot "$root" "$@"
