import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { openDatabase } from '../services/runtime/database.ts'
import { sampleMonth, shippedReference } from '../services/sample/month.ts'
import { freePort } from '../test/faults/free-port.ts'
import { makeDatabase, temporaryServer } from '../test/harness/server.ts'
import { load, toCents } from '../test/rates-api/prices.ts'

/**
 * What metrics, log lines and traces cost GET /rates, answers kept: the rates API as it is, its log read by another process and its
 * metrics asked for every second, against the same server that tells nothing. In turns of two seconds, so that what else the machine
 * does meets both. CPU time of a request tells the same where the machine is not ours alone.
 */
const [rounds, seconds] = [15, 2]
const server = await temporaryServer()
await makeDatabase(server, 'bench')
const owner = openDatabase({ url: server.url('migrator', 'bench'), process: 'bench', poolSize: 1 })
const rows = [...sampleMonth(shippedReference())]
await load(owner, rows.map(({ orig_code: orig, dest_code: dest, day, price }) => ({ orig, dest, day, cents: toCents(price) })))
await owner.end()
const lanes = [...new Set(rows.map(({ orig_code: orig, dest_code: dest }) => `orig_code=${orig}&dest_code=${dest}`))]
const paths = lanes.map(lane => `/rates?date_from=2021-01-01&date_to=2021-01-31&${lane}`)

type Candidate = { url: string, child: ChildProcess, log: ChildProcess, perSecond: number[], microseconds: number[] }
const [metricsPort, database] = [await freePort(), server.url('rates_api', 'bench')]
const candidates = {
  silent: await start('bench/measure/silent-rates-api.ts', {}),
  whole: await start('services/rates-api/main.ts', { METRICS_PORT: String(metricsPort), METRICS_NAMESPACE: 'bench', METRICS_SECONDS: '1' }),
}
const scraping = setInterval(() => { fetch(`http://127.0.0.1:${metricsPort}/metrics`).then(answer => answer.text(), () => '') }, 1_000)
for (let round = 0; round <= rounds; round++) { // the first warms up
  const order = round % 2 === 0 ? [candidates.silent, candidates.whole] : [candidates.whole, candidates.silent]
  for (const candidate of order) {
    const before = cpuSeconds(candidate.child)
    const { perSecond, requests } = await fire(candidate.url)
    if (round === 0) continue
    candidate.perSecond.push(perSecond)
    candidate.microseconds.push((cpuSeconds(candidate.child) - before) / requests * 1e6)
  }
}
const { silent, whole } = candidates
console.log(`silent: ${median(silent.perSecond).toFixed(0)} requests/s, ${median(silent.microseconds).toFixed(1)} µs of CPU each`)
console.log(`whole:  ${median(whole.perSecond).toFixed(0)} requests/s, ${median(whole.microseconds).toFixed(1)} µs of CPU each`)
console.log(`throughput, median of ${rounds} pairs: ratio ${median(whole.perSecond.map((each, pair) => each / silent.perSecond[pair]!)).toFixed(3)}`)
console.log(`by CPU time, median of ${rounds} pairs: ratio ${median(whole.microseconds.map((each, pair) => silent.microseconds[pair]! / each)).toFixed(3)}`)

clearInterval(scraping)
for (const { child, log } of Object.values(candidates)) for (const each of [child, log]) each.kill()
await server.remove()

async function start (program: string, env: Record<string, string>): Promise<Candidate> {
  const port = await freePort()
  const log = spawn('cat', [], { stdio: ['pipe', 'ignore', 'inherit'] })
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), DATABASE_URL: database, ...env }, stdio: ['ignore', log.stdin as never, 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  while (!await fetch(url + paths[0]).then(({ ok }) => ok, () => false)) await new Promise(resolve => setTimeout(resolve, 50))
  return { url, child, log, perSecond: [], microseconds: [] }
}

async function fire (url: string): Promise<{ perSecond: number, requests: number }> {
  const { default: autocannon } = await import('autocannon' as string) as { default: (options: object) => Promise<any> }
  const { requests, non2xx, errors } = await autocannon({ url, connections: 50, duration: seconds, requests: paths.map(path => ({ path })) })
  if (non2xx > 0 || errors > 0) throw new Error(`${non2xx} answers of another status, ${errors} errors`)
  return { perSecond: requests.average, requests: requests.total }
}

/** CPU time of a process so far, all its threads. */
function cpuSeconds ({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function median (values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
