import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lanePrices } from '../services/rates-api/rates/lane-prices.ts'
import { openDatabase } from '../lib/postgres/database.ts'
import { sampleMonth, shippedReference } from '../lib/sample/month.ts'
import { createDatabase, temporaryServer } from '../test/harness/server.ts'
import { load, toCents } from '../test/harness/prices.ts'

/** Measures requests for a lane and month, compared with pgbench for the same statement, and with a constant response. */
const connections = 10
const seconds = 4
const server = await temporaryServer()
await createDatabase(server, 'bench')
const owner = openDatabase({ url: server.url('migrator', 'bench'), process: 'bench', poolSize: 1 })
const rows = [...sampleMonth(shippedReference())]
await load(owner, rows.map(({ orig_code: orig, dest_code: dest, day, price }) => ({ orig, dest, day, cents: toCents(price) })))
await owner`analyze`
await owner.end()
const lanes = [...new Set(rows.map(({ orig_code: orig, dest_code: dest }) => `${orig} ${dest}`))].map(lane => lane.split(' ') as [string, string])
const paths = lanes.map(([orig, dest]) => `/rates?date_from=2021-01-01&date_to=2021-01-31&orig_code=${orig}&dest_code=${dest}`)

const env = { DATABASE_URL: server.url('rates_api', 'bench'), PORT: '0', HOST: '127.0.0.1', DATABASE_POOL_SIZE: String(connections + 1) }
const cold = await listening('services/rates-api/main.ts', [], { ...env, RATES_CACHE_BYTES: '0' })
const warm = await listening('services/rates-api/main.ts', [], env)
const constant = await listening('bench/measure/constant-server.ts', [await (await fetch(cold.url + paths[0])).text()], {})
const results: Record<string, number[]> = { pgbench: [], cold: [], warm: [], constant: [] }
for (let round = 0; round < 4; round++) { // the first is a warm-up
  for (const [name, run] of [
    ['pgbench', pgbench],
    ['cold', () => requestsPerSecond(cold.url, connections)],
    ['warm', () => requestsPerSecond(warm.url, 50)],
    ['constant', () => requestsPerSecond(constant.url, 50)],
  ] as const) {
    const perSecond = await run()
    if (round > 0) results[name]!.push(perSecond)
  }
}
const median = (name: string): number => results[name]!.toSorted((a, b) => a - b)[1]!
const compare = (label: string, name: string, other: string): void =>
  console.log(`${label}: ${median(name).toFixed(0)}/s; ${other} ${median(other).toFixed(0)}/s; ratio ${(median(name) / median(other)).toFixed(2)}`)
compare(`no cache, ${connections} clients`, 'cold', 'pgbench')
compare('cached responses, 50 clients', 'warm', 'constant')

for (const { child } of [cold, warm, constant]) child.kill()
await server.remove()

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
      ...files.flatMap(file => ['-f', file]), server.url('rates_api', 'bench')], { encoding: 'utf8', stdio: 'pipe' })
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
    return Object.assign([{}], { toString: () => statement })
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
