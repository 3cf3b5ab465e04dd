#!/bin/sh
# Starts the local CLI: checks Node, builds the bundles anew when a source has changed since they were made.
here=$(dirname -- "$0")
. "$here/node.sh"
if [ "$(sh "$here/sources.sh")" != "$(cat "$here/dist/sources.sha256" 2>/dev/null)" ]; then
  echo "The sources differ from the committed bundles: building them anew." >&2
  AZL_NAMED= sh "$here/../scripts/start.sh" dist >&2 || exit 1
fi
exec node "$here/dist/index.js" "$@"
