import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import { lanePrices } from '../services/rates-api/rates/lane-prices.ts'
import { openDatabase } from '../lib/postgres/database.ts'
import { sampleMonth, shippedReference } from '../lib/sample/month.ts'
import { createDatabase } from '../test/harness/server.ts'
import { load, loadMerged, toCents } from '../test/harness/prices.ts'
import { benchServer } from './measure/bench-server.ts'
import { checkout } from './measure/checkout.ts'
import { ratios, turns } from './measure/pairs.ts'
import { record } from './measure/results.ts'

/**
 * Measures requests for a lane and month, compared with pgbench for the same statement, and with a constant response. The lanes of the sample
 * month have their prices in one batch, merged from 10,000, or merged and in seven batches more.
 */
const connections = 10
const seconds = 4
const server = await benchServer()
const rows = [...sampleMonth(shippedReference())]
const sample = rows.map(({ orig_code: orig, dest_code: dest, day, price }) => ({ orig, dest, day, cents: toCents(price) }))
await fill('one', sql => load(sql, sample))
await fill('merged', fillMerged)
await fill('eight', async sql => {
  await fillMerged(sql)
  for (let batch = 0; batch < 7; batch++) await load(sql, sample)
})
const lanes = [...new Set(rows.map(({ orig_code: orig, dest_code: dest }) => `${orig} ${dest}`))].map(lane => lane.split(' ') as [string, string])
const paths = lanes.map(([orig, dest]) => `/rates?date_from=2021-01-01&date_to=2021-01-31&orig_code=${orig}&dest_code=${dest}`)

const env = (name: string) =>
  ({ DATABASE_URL: server.url('rates_api', name), PORT: '0', HOST: '127.0.0.1', DATABASE_POOL_SIZE: String(connections + 1) })
const cold = (name: string) => listening('services/rates-api/main.ts', [], { ...env(name), RATES_CACHE_BYTES: '0' })
const [one, merged, eight] = [await cold('one'), await cold('merged'), await cold('eight')]
const beforeCorrections = '4636f0c'
const older = await listening(join(checkout(beforeCorrections), 'services/rates-api/main.ts'), [], { ...env('one'), RATES_CACHE_BYTES: '0' })
const warm = await listening('services/rates-api/main.ts', [], env('one'))
const constant = await listening('bench/measure/constant-server.ts', [await (await fetch(one.url + paths[0])).text()], {})
const perSecond = await turns(5, {
  pgbench,
  one: () => requestsPerSecond(one.url, connections),
  older: () => requestsPerSecond(older.url, connections),
  merged: () => requestsPerSecond(merged.url, connections),
  eight: () => requestsPerSecond(eight.url, connections),
  warm: () => requestsPerSecond(warm.url, 50),
  constant: () => requestsPerSecond(constant.url, 50),
})
record(`GET /rates of a lane and month, made, one batch, ${connections} clients, requests/s`, perSecond.one)
record(`requests/s of GET /rates of a lane and month, made, one batch ÷ the release before corrections (${beforeCorrections})`, ratios(perSecond.one, perSecond.older), '≥ 0.97')
record('time of GET /rates of a lane and month, made, 10,000 batches merged ÷ one', ratios(perSecond.one, perSecond.merged), '≤ 1.3')
record('time of GET /rates of a lane and month, made, merged and 7 unmerged rows ÷ one', ratios(perSecond.one, perSecond.eight))
if (!perSecond.pgbench.some(Number.isNaN)) record('requests/s, made, one batch ÷ statements/s of pgbench', ratios(perSecond.one, perSecond.pgbench))
record('requests/s, cached, 50 clients ÷ constant response', ratios(perSecond.warm, perSecond.constant))

for (const { child } of [one, older, merged, eight, warm, constant]) child.kill()
await server.remove()

async function fill (name: string, write: (sql: Sql) => Promise<unknown>): Promise<void> {
  await createDatabase(server, name)
  const owner = openDatabase({ url: server.url('migrator', name), process: 'bench', poolSize: 1, statementTimeoutMs: 0 })
  await write(owner)
  await owner`vacuum analyze`
  await owner.end()
}

/** Writes the sums of the sample month as merging writes them for 10,000 such batches. */
async function fillMerged (sql: Sql): Promise<void> {
  await loadMerged(sql, sample)
  await sql`
    with narrow as (delete from merged_sums returning *)
    insert into wide_merged_sums select kind, month, orig_code, dest_code,
      array(select 10000 * count::int from unnest(counts) as count), array(select 10000 * cent::bigint from unnest(cents) as cent) from narrow`
}

async function requestsPerSecond (url: string, connections: number): Promise<number> {
  const { default: autocannon } = await import('autocannon' as string) as { default: (options: object) => Promise<any> }
  const { requests, non2xx, errors } = await autocannon({ url, connections, duration: seconds, requests: paths.map(path => ({ path })) })
  if (non2xx > 0 || errors > 0) throw new Error(`${non2xx} responses without a 2xx status, ${errors} errors`)
  return requests.average
}

/** Runs the prepared statement of a lane, for twenty lanes alternately. Resolves to NaN without pgbench. */
async function pgbench (): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-bench-'))
  const files = await Promise.all(lanes.slice(0, 20).map(async ([orig, dest], index) => {
    const file = join(folder, `${index}.sql`)
    writeFileSync(file, `${(await statementOf(orig, dest)).replaceAll('\n', ' ')};\n`)
    return file
  }))
  try {
    const output = execFileSync('pgbench', ['-n', '-M', 'prepared', '-c', String(connections), '-j', '1', '-T', String(seconds),
      ...files.flatMap(file => ['-f', file]), server.url('rates_api', 'one')], { encoding: 'utf8', stdio: 'pipe' })
    return Number(/tps = ([\d.]+)/.exec(output)![1])
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NaN
    throw error
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Returns the statement of lanePrices, with its parameters as literals. */
async function statementOf (orig: string, dest: string): Promise<string> {
  let text = ''
  const write = (strings: TemplateStringsArray, ...values: unknown[]) => {
    text = String.raw({ raw: strings }, ...values.map(value => typeof value === 'string' ? `'${value}'` : value))
    const statement = text
    return Object.assign([{ hasAliases: true }], { toString: () => statement }) // lanePrices then reads no more of the row
  }
  await lanePrices(write as never, {
    origCode: orig, origSlug: orig.toLowerCase(), destCode: dest, destSlug: dest.toLowerCase(), months: '{2021-01-01}' as never,
  })
  return text
}

async function listening (program: string, args: string[], env: Record<string, string>): Promise<{ child: ChildProcess, url: string }> {
  const child = spawn(process.execPath, [program, ...args], { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  const url = await new Promise<string>(resolve => {
    child.stdout!.on('data', (chunk: Buffer) => { // read to the end, so that the process does not block on a full pipe
      const address = /listening at (http:[^"]+)/.exec(String(chunk))?.[1]
      if (address) resolve(address)
    })
  })
  return { child, url }
}
