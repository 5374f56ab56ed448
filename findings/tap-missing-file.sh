#!/usr/bin/env bash
# tap 21.8.0: a test file that does not exist is left out without a word, and the run succeeds, if another argument has a test.
#
# A command of CI that lists files keeps succeeding after one of them is renamed or misspelled. Alone, the missing file ends the run with 1.
#
# Seen on 2026-11-27, Node 20.20.2:
#   present.test.js missing.test.js   exit 0, files run: 1, missing.test.js mentioned: 0
#   missing.test.js                   exit 1, files run: 0, missing.test.js mentioned: 1
#
# Needs Node 20 or newer, npm and its registry. Installs into a temporary folder. Exits with 1 if the behaviour differs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts tap@21.8.0 >/dev/null
printf "require('tap').pass()\n" >present.test.js
run () { # the tests $1 $2
  code=0
  env -i PATH="$PATH" HOME="$folder" node_modules/.bin/tap --disable-coverage --reporter=tap "$@" >output 2>&1 || code=$?
  printf '%-33s exit %s, files run: %s, missing.test.js mentioned: %s\n' "$*" "$code" "$(grep -c '^ok' output || true)" "$(grep -c 'missing.test.js' output || true)"
}
{ run present.test.js missing.test.js; run missing.test.js; } | tee seen
[ "$(cat seen)" = 'present.test.js missing.test.js   exit 0, files run: 1, missing.test.js mentioned: 0
missing.test.js                   exit 1, files run: 0, missing.test.js mentioned: 1' ]
