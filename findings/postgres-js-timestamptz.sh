#!/usr/bin/env bash
# postgres 3.4.9 (postgres.js): a string for a `timestamptz` parameter loses its microseconds, and `-infinity` is refused.
#
# The client requests the parameter types from the server. It passes each parameter of a date type, also a string, to its own
# serializer: `new Date(x).toISOString()`. A text that PostgreSQL itself has written then is another moment. A comparison with the column
# of that text, or a page that continues after it, misses rows. `infinity` and `-infinity`, which PostgreSQL accepts, throw RangeError
# before anything is sent. A cast to text first, `${text}::text::timestamptz`, preserves the value.
#
# Seen on 2026-11-27, Node 20.20.2, against PGlite 0.5.14 (PostgreSQL in the same process) with pglite-socket 0.2.17:
#   ::timestamptz        2026-11-27 11:00:00.123+00
#   ::text::timestamptz  2026-11-27 11:00:00.123456+00
#   -infinity            RangeError; by text: -infinity
#
# Needs Node 20 or newer, npm and its registry. Installs into a temporary folder. Exits with 1 if the behaviour differs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts postgres@3.4.9 @electric-sql/pglite@0.5.14 @electric-sql/pglite-socket@0.2.17 >/dev/null
cat >probe.mjs <<'PROBE'
import { createServer } from 'node:net'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import postgres from 'postgres'

const port = await new Promise(resolve => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address()
    probe.close(() => resolve(port))
  })
})
const db = await PGlite.create()
const server = new PGLiteSocketServer({ db, port, host: '127.0.0.1' })
await server.start()
const sql = postgres(`postgres://postgres@127.0.0.1:${port}/postgres`, { max: 1, ssl: false })
const text = '2026-11-27 11:00:00.123456+00'
const [direct] = await sql`select (${text}::timestamptz)::text as t`
const [byText] = await sql`select (${text}::text::timestamptz)::text as t`
const infinite = await sql`select (${'-infinity'}::timestamptz)::text as t`.then(([row]) => row.t, error => error.name)
const [infiniteByText] = await sql`select (${'-infinity'}::text::timestamptz)::text as t`
console.log(`::timestamptz        ${direct.t}\n::text::timestamptz  ${byText.t}\n-infinity            ${infinite}; by text: ${infiniteByText.t}`)
await sql.end()
await server.stop()
await db.close()
process.exitCode = direct.t === '2026-11-27 11:00:00.123+00' && byText.t === text && infinite === 'RangeError' && infiniteByText.t === '-infinity' ? 0 : 1
PROBE
node probe.mjs
