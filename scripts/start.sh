#!/bin/sh
# Starts a script for work on azl itself, on the Node that package-lock.json names, with its packages installed.
here=$(dirname -- "$0")
. "$here/../local/node.sh"
if [ -n "$AZL_NAMED" ] && [ "$1 $AZL_NAMED" != "bench-schedule FACTS_DIR" ]; then
  echo "make $1 takes no variables; given: $AZL_NAMED." >&2
  exit 1
fi
cd -- "$here/.." || exit 1
node scripts/install.mjs || exit 1
PATH=$PWD/node_modules/.bin:$PATH
export PATH
case $1 in
dist) exec node scripts/build-dist.ts ;;
test) exec node scripts/test.ts ;;
test-full) exec node scripts/test.ts full ;;
test-hosts) exec node scripts/test-hosts.ts ;;
bench) exec node bench/run.ts ;;
bench-schedule) exec node bench/schedule/run.ts ;;
esac
echo "scripts/start.sh: unknown target '$1'." >&2
exit 1
