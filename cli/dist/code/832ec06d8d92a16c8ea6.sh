# Runs "$@" so that it cannot outlive the process that started it.
# Standard input is the lifeline: a pipe whose other end only the starter holds. When it closes (the starter
# let go of it, or died, by whatever signal) the whole process group is killed, this shell included.
# What it writes is read by users without rights, whatever the starter's mask is.
umask 022
exec 3<&0 </dev/null
( read -r _ <&3; kill -KILL 0 ) >/dev/null 2>&1 &
lifeline=$!
"$@" 3<&- &
wait $!
code=$?
kill -KILL "$lifeline" 2>/dev/null
exit "$code"
