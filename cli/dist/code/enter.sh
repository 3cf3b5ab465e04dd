# Runs as root, by bash, in a mount namespace of its own (unshare --mount): what is mounted here is seen by nobody else
# and goes when the last process does, however it ends.
#   $1 worker tree (lower, never written)   $2 layer (holds upper/ and work/)   $3 place to mount on
#   $4 seccomp filter, escaped for printf
#   then: bubblewrap's arguments, with --bind "$3" / and --seccomp 8 among them
# Folders are opened first and named by descriptor: overlay's option string knows no path with a comma or colon.
set -e
umask 022
# Nothing that we inherited reaches the sandbox: open files (a make jobserver's, a runner's), limits, ignored signals.
for file in /proc/self/fd/*; do
  descriptor=${file##*/}
  if [ "$descriptor" -gt 2 ]; then exec {descriptor}>&-; fi
done
prlimit --pid $$ --nofile=16384 --nproc=16384 --sigpending=16384 --stack=8388608:unlimited --core=0 --memlock=65536 \
  --msgqueue=819200 --nice=0 --rtprio=0 --as=unlimited --cpu=unlimited --data=unlimited --fsize=unlimited \
  --locks=unlimited --rss=unlimited --rttime=unlimited
mount --make-rprivate /
# Of the host's devices bubblewrap takes a few along: read-only they can be used, and their modes not be changed.
mount --rbind /dev /dev
mount -o remount,bind,ro /dev
# The root folder belongs to root inside, whoever made the layer.
chown 0:0 "$2/upper"
exec 5<"$1" 6<"$2/upper" 7<"$2/work"
mount -t overlay azl -o lowerdir=/proc/self/fd/5,upperdir=/proc/self/fd/6,workdir=/proc/self/fd/7 "$3"
exec 5<&- 6<&- 7<&-
printf '%b' "$4" >"$2/filter"
exec 8<"$2/filter"
rm "$2/filter"
shift 4
exec env --default-signal bwrap "$@"
