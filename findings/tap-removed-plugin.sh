#!/usr/bin/env bash
# tap 21.8.0: in the first run after an installation, the loader of a plugin that .taprc removes still runs in each test file.
#
# The run builds tap again without the plugin, but has taken the arguments of the test files from the build before. With "!@tapjs/typescript" the first
# run of a fresh clone therefore loads TypeScript through ts-node, and each later run through Node. A test that only one of the two can load fails in
# the first run alone: ts-node does not know the pattern "./src/*.js" of a package's exports. `tap build` before the first run avoids it.
#
# Seen on 2026-11-28, Node 20.20.2:
#   first run: loader of @tapjs/typescript 1
#   second run: loader of @tapjs/typescript 0
#   after npm ci and tap build: loader of @tapjs/typescript 0
#
# Needs Node 20 or newer, npm and its registry. Installs into a temporary folder. Exits with 1 if the behaviour differs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts tap@21.8.0 >/dev/null
printf 'plugin:\n  - "!@tapjs/typescript"\n' >.taprc
cat >loader.test.js <<'TEST'
const t = require('tap')
const { writeFileSync } = require('node:fs')
writeFileSync('loaders', String(process.execArgv.filter(argument => argument.includes('@tapjs/typescript')).length))
t.pass()
TEST
tap () { env -i PATH="$PATH" HOME="$folder" node_modules/.bin/tap "$@" >/dev/null 2>&1; }
run () { # names the run $1
  tap --disable-coverage loader.test.js
  printf '%s: loader of @tapjs/typescript %s\n' "$1" "$(cat loaders)"
}
{
  run 'first run'
  run 'second run'
  npm ci --silent --no-audit --no-fund --ignore-scripts >/dev/null
  tap build
  run 'after npm ci and tap build'
} | tee seen
[ "$(cat seen)" = 'first run: loader of @tapjs/typescript 1
second run: loader of @tapjs/typescript 0
after npm ci and tap build: loader of @tapjs/typescript 0' ]
