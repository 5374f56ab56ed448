import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { openDatabase } from '../lib/postgres/database.ts'
import { sampleMonth, shippedReference } from '../lib/sample/month.ts'
import { freePort } from '../test/harness/free-port.ts'
import { createDatabase, temporaryServer } from '../test/harness/server.ts'
import { load, toCents } from '../test/harness/prices.ts'

/**
 * Measures the cost of metrics, log lines and traces for GET /rates with cache hits. The observed API has its log read by another process
 * and its metrics scraped every second. The silent API reports nothing. Both are in one process and get requests alternately, for a
 * second each. Several new processes run, since even with the same machine code one process is not as fast as another. Costs that
 * occur without requests affect both; they are measured as the CPU time of an idle process.
 */
const [processes, rounds, seconds] = [4, 12, 1]
const server = await temporaryServer()
await createDatabase(server, 'bench')
const owner = openDatabase({ url: server.url('migrator', 'bench'), process: 'bench', poolSize: 1 })
const rows = [...sampleMonth(shippedReference())]
await load(owner, rows.map(({ orig_code: orig, dest_code: dest, day, price }) => ({ orig, dest, day, cents: toCents(price) })))
await owner.end()
const lanes = [...new Set(rows.map(({ orig_code: orig, dest_code: dest }) => `orig_code=${orig}&dest_code=${dest}`))]
const paths = lanes.map(lane => `/rates?date_from=2021-01-01&date_to=2021-01-31&${lane}`)

const measurements = { silent: [] as Measurement[], observed: [] as Measurement[] }
const idle: number[] = []
for (let each = 0; each < processes; each++) await measureProcess()
await server.remove()

for (const [name, measured] of Object.entries(measurements)) {
  console.log(`${name}: ${median(measured.map(({ perSecond }) => perSecond)).toFixed(0)} requests/s, ${
    median(measured.map(({ microseconds }) => microseconds)).toFixed(1)} µs of CPU each`)
}
report('throughput', measurements.observed.map(({ perSecond }, at) => perSecond / measurements.silent[at]!.perSecond))
report('by CPU time', measurements.observed.map(({ microseconds }, at) => measurements.silent[at]!.microseconds / microseconds))
console.log(`idle, without requests: ${median(idle).toFixed(2)} % of a core`)

function report (name: string, ratios: number[]): void {
  const sorted = ratios.toSorted((a, b) => a - b)
  const [low, high] = [0.25, 0.75].map(part => sorted[Math.floor(sorted.length * part)]!.toFixed(3))
  console.log(`${name}: ratio ${median(ratios).toFixed(3)}, median of ${ratios.length} pairs of measurements (interquartile range ${low}–${high})`)
}

async function measureProcess (): Promise<void> {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const log = spawn('cat', [], { stdio: ['pipe', 'ignore', 'inherit'] })
  const child = spawn(process.execPath, ['bench/measure/observed-rates-api.ts'], {
    env: { PATH: process.env.PATH, PORT: String(port), METRICS_PORT: String(metricsPort), DATABASE_URL: server.url('rates_api', 'bench') },
    stdio: ['ignore', log.stdin as never, 'inherit'],
  })
  const urls = { observed: `http://127.0.0.1:${port}`, silent: `http://127.0.0.1:${port + 1}` }
  while (!await fetch(urls.observed + paths[0]).then(({ ok }) => ok, () => false)) await new Promise(resolve => setTimeout(resolve, 50))
  const scraping = setInterval(() => { fetch(`http://127.0.0.1:${metricsPort}/metrics`).then(response => response.text(), () => '') }, 1_000)
  for (let round = -1; round < rounds; round++) { // the first is a warm-up
    for (const name of round % 2 === 0 ? ['silent', 'observed'] as const : ['observed', 'silent'] as const) {
      const measurement = await fire(urls[name], child.pid!)
      if (round >= 0) measurements[name].push(measurement)
    }
  }
  const before = cpuSeconds(child.pid!)
  await new Promise(resolve => setTimeout(resolve, 5_000))
  idle.push((cpuSeconds(child.pid!) - before) / 5 * 100)
  clearInterval(scraping)
  for (const each of [child, log]) each.kill()
}

type Measurement = { perSecond: number, microseconds: number }

async function fire (url: string, pid: number): Promise<Measurement> {
  const { default: autocannon } = await import('autocannon' as string) as { default: (options: object) => Promise<any> }
  const before = cpuSeconds(pid)
  const requested = paths.map(path => ({ path }))
  const { requests, non2xx, errors, duration } = await autocannon({ url, connections: 50, duration: seconds, requests: requested })
  if (non2xx > 0 || errors > 0) throw new Error(`${non2xx} responses without a 2xx status, ${errors} errors`)
  return { perSecond: requests.total / duration, microseconds: (cpuSeconds(pid) - before) / requests.total * 1e6 }
}

/** Returns the CPU time of a process so far, over all threads. */
function cpuSeconds (pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function median (values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
