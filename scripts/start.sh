#!/bin/sh
# Starts a script for work on azl itself, on the Node that package-lock.json names, with its packages installed.
# usage: start.sh <target>
here=$(dirname -- "$0")
. "$here/../cli/system.sh"
. "$here/../cli/node.sh"
case $1 in
act) takes='WORKFLOW REPO' ;;
bench-schedule | bench-plan | bench-index) takes=FACTS_DIR ;;
bench-tree) takes=TREE ;;
azure-linux) takes='TREE LIST ONLY SHARDS CACHE_DIR' ;;
publish-trees) takes=DIR ;;
*) takes= ;;
esac
for name in $AZL_NAMED; do
  case " $takes DEBUG " in
  *" $name "*) ;;
  *)
    echo "make $1 takes no variable but ${takes:+$takes and }DEBUG; given: $AZL_NAMED." >&2
    exit 1
    ;;
  esac
done
case $DEBUG in
1 | y | yes | true) export RUNNER_DEBUG=1 ;;
esac
# The folder that make works in: from it, scripts find the one in which the user stands (cli/src/make-call.ts).
AZL_CWD=$PWD
export AZL_CWD
cd -- "$here/.." || exit 1
node scripts/install.mjs || exit 1
PATH=$PWD/node_modules/.bin:$PATH
export PATH
case $1 in
dist) exec node scripts/build-dist.ts ;;
lint) exec node scripts/test.ts lint ;;
test) exec node scripts/test.ts ;;
test-ci) exec node scripts/test.ts ci ;;
test-full) exec node scripts/test.ts full ;;
test-hosts) exec node scripts/test-hosts.ts ;;
bench) exec node bench/run.ts ;;
bench-schedule) exec node bench/schedule/run.ts ;;
bench-plan) exec node bench/plan/run.ts ;;
bench-tree) exec node bench/plan/tree.ts ;;
bench-index) exec node bench/index/run.ts ;;
bench-start) exec node bench/start.ts ;;
azure-linux) exec node scripts/azure-linux.ts ;;
act) exec node scripts/act.ts ;;
publish-trees) exec node scripts/publish-trees.ts ;;
esac
echo "scripts/start.sh: unknown target '$1'." >&2
exit 1
