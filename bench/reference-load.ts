import { openDatabase } from '../lib/postgres/database.ts'
import { loadReference } from '../lib/reference/load.ts'
import { createDatabase } from '../test/harness/server.ts'
import { benchServer } from './measure/bench-server.ts'
import { startCommits } from './measure/commits.ts'
import { timed } from './measure/pairs.ts'
import { record } from './measure/results.ts'

/**
 * Measures loads of 82,000 ports, with and without the trigger that writes their history, and the longest commit beside: each commit of a batch
 * locks the row of positions, and so does a load in its COMMIT.
 */
const server = await benchServer()
await createDatabase(server, 'loads', '2021-01-01', '2021-01-01')
const sql = openDatabase({ url: server.url('migrator', 'loads'), process: 'bench', poolSize: 1, statementTimeoutMs: 0 })
const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const codes = letters.flatMap(a => letters.flatMap(b => letters.flatMap(c => letters.map(d => `Z${a}${b}${c}${d}`)))).slice(0, 82_000)
const regions = 'slug,name,parent_slug\nzz_one,One,\nzz_two,Two,'
const portsIn = (region: string, name: number): string => ['code,name,parent_slug', ...codes.map(code => `${code},Port ${name},${region}`)].join('\n')
let [region, name] = ['zz_one', 0]
await loadReference(sql, portsIn(region, name), regions)

const commits = startCommits(server.url('migrator', 'loads'))
const found = new Map<string, number[]>()
for (let round = 0; round < 5; round++) {
  for (const history of [true, false]) {
    await sql.unsafe(`alter table reference_version ${history ? 'enable' : 'disable'} trigger reference_changed`)
    for (const what of ['every port moves', 'every port gets another name'] as const) {
      if (what === 'every port moves') region = region === 'zz_one' ? 'zz_two' : 'zz_one'
      else name++
      const csv = portsIn(region, name)
      await sql`vacuum analyze`
      await commits.longest()
      const key = `82,000 ports, ${what}, ${history ? 'with' : 'without'} history`
      add(`${key}, ms`, await timed(() => loadReference(sql, csv, regions)))
      add(`${key}, longest commit beside, ms`, await commits.longest())
    }
  }
}
for (const [what, values] of found) record(what, values)
await commits.stop()
await sql.end()
await server.remove()

function add (what: string, value: number): void {
  found.set(what, [...found.get(what) ?? [], value])
}
