# Control groups of sandboxes, below one folder of azl's own. Runs as root.
#   open <id>                                 prints that folder where groups of version 2 can hold bounds, or why they
#                                             cannot, after the folder of those of version 1 that hold processes alone;
#                                             removes groups <id>.<pid>-<n> of processes that have ended
#   enter <group> <memory> <processes> <command …>   makes a group, and runs a command in it; memory '-': not held
#   remove <group>                            ends what is left in a group, and removes it
top=/sys/fs/cgroup
refuse() {
  echo "no: $1"
  return 1
}
# Version 1 has no file that ends all of a group. It shows processes that are not seen from here as 0.
end() {
  if [ -e "$1/cgroup.kill" ]; then
    echo 1 >"$1/cgroup.kill"
  else
    while read -r process; do [ "$process" = 0 ] || kill -9 "$process"; done <"$1/cgroup.procs"
  fi 2>/dev/null
}
remove() {
  tries=0
  until rmdir "$1" 2>/dev/null || [ ! -d "$1" ]; do
    end "$1"
    tries=$((tries + 1))
    [ "$tries" -lt "${2:-100}" ] || return 1
    sleep 0.05
  done
}
remove_ended() {
  for group in "$1/$2".*; do
    pid=${group#"$1/$2."}
    [ ! -d "$group" ] || [ -d "/proc/${pid%%-*}" ] || remove "$group" 10
  done
}
hold_all() {
  echo 1073741824 >memory.max && echo 64 >pids.max && : <memory.events && [ -w cgroup.kill ]
}
hold_processes() {
  echo 64 >pids.max && : <pids.events
}
# True if a new group below $1 takes a process, and the bounds that the function $2 writes in its folder.
works() {
  probe=$1/$id.$$-probe
  mkdir "$probe" || return 1
  (cd "$probe" && "$2" && sh -c 'echo $$ >cgroup.procs') 2>/dev/null
  worked=$?
  remove "$probe"
  return "$worked"
}
open_all() {
  [ "$(stat -f -c %T "$top")" = cgroup2fs ] ||
    refuse "$top is no file system of control groups, version 2" || return
  for controller in memory pids; do
    grep -qw "$controller" "$top/cgroup.controllers" ||
      refuse "the controller '$controller' is not in version 2" || return
    grep -qw "$controller" "$top/cgroup.subtree_control" ||
      { echo "+$controller" >"$top/cgroup.subtree_control"; } 2>/dev/null ||
      refuse "the controller '$controller' cannot be switched on for groups below $top" || return
  done
  { mkdir -p "$top/azl" && echo '+memory +pids' >"$top/azl/cgroup.subtree_control"; } 2>/dev/null ||
    refuse "$top cannot be written to" || return
  remove_ended "$top/azl" "$id"
  works "$top/azl" hold_all ||
    refuse 'a group does not hold what is written to it' || return
  echo "$top/azl"
}
open_processes() {
  [ "$(stat -f -c %T "$top/pids" 2>/dev/null)" = cgroupfs ] && mkdir -p "$top/pids/azl" 2>/dev/null || return
  remove_ended "$top/pids/azl" "$id"
  works "$top/pids/azl" hold_processes && echo "processes: $top/pids/azl"
}
case $1 in
open)
  id=$2
  all=$(open_all) || open_processes
  echo "$all"
  ;;
enter)
  set -e
  mkdir "$2"
  if [ "$3" != - ]; then
    echo "$3" >"$2/memory.max"
    # Without it, the limit of memory would fill the swap space.
    [ ! -e "$2/memory.swap.max" ] || echo 0 >"$2/memory.swap.max"
    # All or nothing: what is left of a build without one of its processes is no build.
    echo 1 >"$2/memory.oom.group"
  fi
  echo "$4" >"$2/pids.max"
  echo $$ >"$2/cgroup.procs"
  shift 4
  exec "$@"
  ;;
remove)
  remove "$2"
  ;;
esac
