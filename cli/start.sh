#!/bin/sh
# Starts the local CLI: checks system and Node, and rebuilds the bundles if a source has changed.
here=$(dirname -- "$0")
. "$here/system.sh"
. "$here/node.sh"
if [ "$(sh "$here/sources.sh")" != "$(cat "$here/dist/sources.sha256" 2>/dev/null)" ]; then
  echo "The sources differ from the committed bundles: rebuilding them." >&2
  AZL_NAMED= sh "$here/../scripts/start.sh" dist >&2 || exit 1
fi
exec node "$here/dist/index.js" "$@"
