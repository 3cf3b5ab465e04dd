# Runs as root, by bash, in a mount namespace of its own (unshare --mount): what is mounted here is seen by nobody else
# and goes when the last process does, however it ends.
#   $1 worker tree (lower, never written); empty when the root is a folder of the host
#   $2 layer (holds upper/ and work/)   $3 place to mount on
#   $4 seccomp filter, escaped for printf
#   $5 number of places that bubblewrap mounts on, then that many pairs: a folder of the host, a path below it
#   then: number of bubblewrap's arguments, those arguments, the command
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
if [ -n "$1" ]; then
  # The root folder belongs to root inside, whoever made the layer.
  chown 0:0 "$2/upper"
  exec 5<"$1" 6<"$2/upper" 7<"$2/work"
  mount -t overlay azl -o lowerdir=/proc/self/fd/5,upperdir=/proc/self/fd/6,workdir=/proc/self/fd/7 "$3"
  exec 5<&- 6<&- 7<&-
fi
filter=$4
shift 4
# bubblewrap follows links when it makes places to mount on, also links that lead back to the host. Nobody works in the
# root now, so what is seen here stays as it is.
for ((left = $1; left > 0; left--)); do
  shift
  place=$1
  shift
  IFS=/ read -r -d '' -a names < <(printf '%s\0' "$1")
  for name in "${names[@]}"; do
    place=$place/$name
    if [ -L "$place" ]; then
      printf 'azl: %s is mounted on in a sandbox, and is or lies below a link here (%q)\n' "$1" "$(readlink -- "$place")" >&2
      exit 120
    fi
  done
done
shift
# By descriptor: what bubblewrap is told would be seen inside, in the command line of process 1.
count=$1
shift
exec 8< <(printf '%b' "$filter") 9< <(printf '%s\0' "${@:1:count}")
shift "$count"
exec env --default-signal bwrap --args 9 -- "$@"
