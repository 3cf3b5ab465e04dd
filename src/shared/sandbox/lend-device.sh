# Runs as root, by sh, in a mount namespace of its own (unshare --mount), and becomes the command.
#   $1 character device of the host   $2 uid   $3 gid   then: the command
# For the command and what it starts, the device's path shows another node of the same device, which belongs to that
# user alone. The host's node stays as it is, and the user needs no group.
set -e
umask 077
device=$1
owner=$2:$3
shift 3
mount --make-rprivate /
# Hides /dev/shm here for as long as the node is made: nobody else can reach it.
mount -t tmpfs -o size=64k,mode=0700 azl /dev/shm
mknod /dev/shm/node c "0x$(stat -c %t "$device")" "0x$(stat -c %T "$device")"
chown "$owner" /dev/shm/node
mount --bind /dev/shm/node "$device"
# Read-only it can be used, and its mode not be changed.
mount -o remount,bind,ro "$device"
umount /dev/shm
exec "$@"
