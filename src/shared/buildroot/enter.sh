# Runs as root in a mount namespace of its own (unshare --mount): what is mounted here is seen by nobody else and
# goes when the last process does, however it ends.
#   $1 worker tree (lower, never written)   $2 layer (holds upper/ and work/)   $3 place to mount on
#   then: bubblewrap's arguments, with --bind "$3" / among them
# Folders are opened first and named by descriptor: overlay's option string knows no path with a comma or colon.
set -e
umask 022
mount --make-rprivate /
# The root folder belongs to root inside, whoever made the layer.
chown 0:0 "$2/upper"
exec 5<"$1" 6<"$2/upper" 7<"$2/work"
mount -t overlay azl -o lowerdir=/proc/self/fd/5,upperdir=/proc/self/fd/6,workdir=/proc/self/fd/7 "$3"
exec 5<&- 6<&- 7<&-
shift 3
exec bwrap "$@"
