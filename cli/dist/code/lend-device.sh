# Runs as root, by sh, in a mount namespace of its own (unshare --mount), and becomes the command.
#   $1 character device of the host   $2 uid   $3 gid   then: the command
# For the command and what it starts, the device's path shows another node of the same device, which belongs to that
# user alone. The host's node stays as it is, and the user needs no group.
set -e
device=$1
owner=$2:$3
shift 3
if ! [ -c "$device" ]; then
  echo "azl: $device is no character device" >&2
  exit 1
fi
# Of what a link points to. In an argument, its failure would not count.
numbers=$(stat -L -c '0x%t 0x%T' "$device")
mount --make-rprivate /
# Hides /dev/shm here for as long as the node is made: nobody else can reach it.
mount -t tmpfs -o size=64k,mode=0700 azl /dev/shm
# shellcheck disable=SC2086 # two words
mknod -m 600 /dev/shm/node c $numbers
chown "$owner" /dev/shm/node
mount --bind /dev/shm/node "$device"
# Read-only it can be used, and its mode not be changed.
mount -o remount,bind,ro "$device"
umount /dev/shm
exec "$@"
