# Stands first in PATH as `tar` while GitHub's library restores an entry. The library unpacks with --absolute-names, so a
# name in an entry could be any path of the host. Here tar takes only what lies below .azl-cache, refuses names with `..`,
# and makes no link before all files are written. Every other call of tar stays as it is.
# Exits with 3 if the archive is whole, but tar refuses a name in it: no later attempt changes that.
PATH=${PATH#"${0%/*}":}
export PATH
[ "$1" = -xf ] || exec tar "$@"
for word; do
  shift
  [ "$word" = -P ] || set -- "$@" "$word"
done
below='--wildcards --wildcards-match-slash .azl-cache/?*'
set -f
# shellcheck disable=SC2086 # The options are words.
tar "$@" --no-same-owner --no-same-permissions $below && exit
code=$?
shift
tar -tf "$@" >/dev/null 2>&1 && exit 3
exit "$code"
