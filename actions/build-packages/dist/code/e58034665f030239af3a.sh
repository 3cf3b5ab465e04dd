# Runs a tool so that it cannot outlive the process that started this script.
#   $1 `apart`: its outputs are those of this script; `together`: both are one pipe, which ends in standard output
#   $2 the number of variables of the tool that come first on standard input, one a line. Others may read arguments
#   then: the tool and its arguments
# Standard input is a pipe whose other end only that process holds. When the pipe closes, because that process closed
# it or died, the whole process group is killed, this shell included.
# Files that the tool writes are readable for all users, whatever umask was inherited.
umask 022
outputs=$1
secrets=$2
shift 2
while [ "$secrets" -gt 0 ]; do
  IFS= read -r variable
  export "${variable?}"
  secrets=$((secrets - 1))
done
unset secrets variable
exec 3<&0 </dev/null
( read -r _ <&3; kill -KILL 0 ) >/dev/null 2>&1 &
lifeline=$!
if [ "$outputs" = together ]; then
  # What a tool inherits here is a socket, which cannot be opened by its name. A pipe can be, as /dev/stderr or
  # /dev/stdout, also by the ordinary user that the tool may become. What reads it is in a group of its own: it passes
  # on what the tool wrote before it was killed, and then ends, as nobody can write to the pipe any more.
  exec 4>&1
  code=$({ { chmod 666 /proc/self/fd/1; "$@" 2>&1 3<&- 4>&- 5>&-; echo $? >&5; } | setsid cat >&4; } 5>&1)
else
  "$@" 3<&- &
  wait $!
  code=$?
fi
# Waited for, so that nothing of the tool is left when this script has ended.
kill -KILL "$lifeline" 2>/dev/null
wait "$lifeline" 2>/dev/null
exit "$code"
