# Control groups (version 2) of sandboxes, below one folder of azl's own. Runs as root.
#   open <id>                                 prints that folder where groups can hold bounds, or why they cannot;
#                                             removes groups <id>.<pid>-<n> of processes that have ended
#   enter <group> <memory> <processes> <command …>   makes a group, and runs a command in it
#   remove <group>                            ends what is left in a group, and removes it
top=/sys/fs/cgroup
refuse() {
  echo "no: $1"
  exit 0
}
remove() {
  echo 1 2>/dev/null >"$1/cgroup.kill"
  tries=0
  until rmdir "$1" 2>/dev/null || [ ! -d "$1" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || return 1
    sleep 0.05
  done
}
case $1 in
open)
  [ "$(stat -f -c %T "$top")" = cgroup2fs ] || refuse "$top is no file system of control groups, version 2"
  for controller in memory pids; do
    grep -qw "$controller" "$top/cgroup.controllers" || refuse "the controller '$controller' is not in version 2"
    grep -qw "$controller" "$top/cgroup.subtree_control" ||
      { echo "+$controller" >"$top/cgroup.subtree_control"; } 2>/dev/null ||
      refuse "the controller '$controller' cannot be switched on for groups below $top"
  done
  { mkdir -p "$top/azl" && echo '+memory +pids' >"$top/azl/cgroup.subtree_control"; } 2>/dev/null ||
    refuse "$top cannot be written to"
  for group in "$top/azl/$2".*; do
    pid=${group#"$top/azl/$2."}
    [ ! -d "$group" ] || [ -d "/proc/${pid%%-*}" ] || remove "$group"
  done
  probe=$top/azl/$2.$$-probe
  mkdir "$probe" || refuse "$top cannot be written to"
  ( set -e; echo 1073741824 >"$probe/memory.max"; echo 64 >"$probe/pids.max"; : <"$probe/memory.events"
    [ -w "$probe/cgroup.kill" ]; sh -c 'echo $$ >"$1/cgroup.procs"' sh "$probe" ) 2>/dev/null
  works=$?
  remove "$probe"
  [ "$works" -eq 0 ] || refuse 'a group does not hold what is written to it'
  echo "$top/azl"
  ;;
enter)
  set -e
  mkdir "$2"
  echo "$3" >"$2/memory.max"
  # Without it, the limit of memory would fill the swap space.
  [ ! -e "$2/memory.swap.max" ] || echo 0 >"$2/memory.swap.max"
  # All or nothing: what is left of a build without one of its processes is no build.
  echo 1 >"$2/memory.oom.group"
  echo "$4" >"$2/pids.max"
  echo $$ >"$2/cgroup.procs"
  shift 4
  exec "$@"
  ;;
remove)
  remove "$2"
  ;;
esac
