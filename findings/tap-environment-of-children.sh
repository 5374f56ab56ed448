#!/usr/bin/env bash
# tap 21.8.0 (@tapjs/processinfo 3.1.12, process-on-spawn 1.1.0): a process that a test starts does not have the environment that the test passes.
#
# The test starts node with `env: { PATH }`, and coverage is disabled. The child has NODE_OPTIONS with an `--import` of tap, and eight variables
# that begin with _TAPJS_PROCESSINFO. tap replaces `spawn` of node:child_process in the process of the test. So a test of a program's
# environment sees other variables, and each node process loads tap's hooks: it starts several times as slowly. A test that starts many short
# processes mostly measures tap. `removeAllListeners()` of process-on-spawn gives the passed environment.
#
# Seen on 2026-11-27, Node 20.20.2 (145 in place of 27 ms from start to exit):
#   as tap starts it           NODE_OPTIONS PATH _TAPJS…
#   after removeAllListeners   PATH
#
# Needs Node 20 or newer, npm and its registry. Installs into a temporary folder. Exits with 1 if the behaviour differs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts tap@21.8.0 process-on-spawn@1.1.0 >/dev/null
cat >environment.test.js <<'TEST'
const t = require('tap')
const { spawnSync } = require('node:child_process')
const names = () => spawnSync(process.execPath, ['-p', 'Object.keys(process.env).sort().join(" ")'], { env: { PATH: process.env.PATH }, encoding: 'utf8' }).stdout.trim()
const short = text => text.replace(/_TAPJS\S*( _TAPJS\S*)*/, '_TAPJS…')
t.comment(`as tap starts it           ${short(names())}`)
require('process-on-spawn').removeAllListeners()
t.comment(`after removeAllListeners   ${short(names())}`)
t.pass()
TEST
env -i PATH="$PATH" HOME="$folder" node_modules/.bin/tap --disable-coverage --reporter=tap environment.test.js | sed -n 's/^ *# \(as tap\|after\)/\1/p' | tee seen
[ "$(cat seen)" = 'as tap starts it           NODE_OPTIONS PATH _TAPJS…
after removeAllListeners   PATH' ]
