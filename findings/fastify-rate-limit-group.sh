#!/usr/bin/env bash
# @fastify/rate-limit 11.2.0 with fastify 5.12.8: routes with the same `groupId` do not share a limit while the counters are in memory.
#
# The documentation of `groupId` suggests one limit for a group of routes. With the default store each route has its own store.
# Two routes of the group with `max: 2` serve four requests of one client, two each. One handler made by `app.rateLimit()` and used as
# a hook of both routes has one store: the third request gets 429, whichever route it requests.
#
# Seen on 2026-11-27, Node 24.21.0:
#   groupId      a 200, a 200, b 200, b 200, a 429, b 429
#   one handler  a 200, a 200, b 429, b 429, a 429, b 429
#
# Needs Node 20 or newer, npm and its registry. Installs into a temporary folder. Exits with 1 if the behaviour differs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts fastify@5.12.8 @fastify/rate-limit@11.2.0 >/dev/null
cat >probe.mjs <<'PROBE'
import fastify from 'fastify'
import rateLimit from '@fastify/rate-limit'

const limit = { max: 2, timeWindow: 60_000 }
const order = ['a', 'a', 'b', 'b', 'a', 'b']

async function statuses (register) {
  const app = fastify()
  await app.register(rateLimit, { global: false })
  register(app)
  const seen = []
  for (const route of order) seen.push(`${route} ${(await app.inject(`/${route}`)).statusCode}`)
  await app.close()
  return seen.join(', ')
}

const grouped = await statuses(app => {
  for (const route of ['a', 'b']) app.get(`/${route}`, { config: { rateLimit: { ...limit, groupId: 'one' } } }, async () => route)
})
const shared = await statuses(app => {
  const onRequest = app.rateLimit(limit)
  for (const route of ['a', 'b']) app.get(`/${route}`, { onRequest }, async () => route)
})
console.log(`groupId      ${grouped}\none handler  ${shared}`)
process.exitCode = grouped === 'a 200, a 200, b 200, b 200, a 429, b 429' && shared === 'a 200, a 200, b 429, b 429, a 429, b 429' ? 0 : 1
PROBE
node probe.mjs
