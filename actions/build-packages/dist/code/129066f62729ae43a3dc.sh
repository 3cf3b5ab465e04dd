# Runs "$@" so that it cannot outlive the process that started this script.
# Standard input is a pipe whose other end only that process holds. When the pipe closes, because that process closed
# it or died, the whole process group is killed, this shell included.
# Files that the tool writes are readable for all users, whatever umask was inherited.
umask 022
exec 3<&0 </dev/null
( read -r _ <&3; kill -KILL 0 ) >/dev/null 2>&1 &
lifeline=$!
"$@" 3<&- &
wait $!
code=$?
kill -KILL "$lifeline" 2>/dev/null
exit "$code"
