#!/bin/sh
# Prints one digest over the names and bytes of all sources of the bundles.
cd -- "$(dirname -- "$0")/.." || exit 1
find src actions/*/src cli/src scripts/build-dist.ts package-lock.json tsconfig.json tsconfig.build.json \
  -type f ! -name '.*' ! -name '*~' ! -path '*/__pycache__/*' -print0 |
  LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1
