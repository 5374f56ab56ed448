import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { alarms, type Alarm } from '../../../observability/alarms.ts'
import { dashboard } from '../../../observability/dashboard.ts'
import type { RuleTiming } from '../../../observability/rules.ts'
import { causes } from './causes.ts'
import { openFixture, path } from './fixture.ts'
import { startPrometheus } from './prometheus.ts'

/**
 * `npm run drill:alarms [-- ALARM …]`: causes the condition of every alarm in a real system, and reads the alarm firing and then inactive from a
 * real Prometheus. Windows are seconds instead of minutes. Thresholds are those of production, with three exceptions: ages, which are times too; the
 * share of a core, because clients and database share the same cores; and the length of the queue.
 */
const thresholds: Partial<Record<string, number>> = { 'backlog-age': 5, 'api-keys-stale': 5, cpu: 0.3, 'queue-length': 10 }
const pace: RuleTiming = {
  windowSeconds: () => 10, forSeconds: minutes => minutes > 0 ? 1 : 0, above: (name, threshold) => thresholds[name] ?? threshold,
}
const limitMs = 240_000

const chosen = process.argv.slice(2)
const drilled = Object.entries<Alarm>(alarms).filter(([, { prometheus }]) => prometheus).map(([name]) => name)
const uncaused = drilled.filter(name => !causes.some(cause => cause.alarms.includes(name as never)))
if (uncaused.length > 0) throw new Error(`nothing causes ${uncaused.join(', ')}`)

const folder = mkdtempSync(join(tmpdir(), 'freight-rates-alarms-'))
chmodSync(folder, 0o755)
const fixture = await openFixture(folder)
const targets = [...fixture.all, fixture.replicated].map(({ metricsPort }) => `127.0.0.1:${metricsPort}`)
const prometheus = await startPrometheus(folder, targets, pace)
console.log(`Prometheus ${prometheus.version}; promtool finds no fault in the rules; ${targets.length} processes`)
let failed = 0
try {
  await fetch(fixture.ratesApi.url + path)
  await quiet(drilled)
  for (const { what, alarms: expected, trigger } of causes) {
    if (chosen.length > 0 && !expected.some(name => chosen.includes(name))) continue
    console.log(`\n${what}`)
    const began = performance.now()
    const fix = await trigger(fixture)
    await Promise.all(expected.map(name => firing(name, began)))
    await fix()
    const fixedAt = performance.now()
    if (await quiet(expected)) console.log(`  quiet again ${seconds(fixedAt)} s after the fix`)
  }
  if (chosen.length === 0) await queryPanels()
} finally {
  await prometheus.stop()
  await fixture.stop()
  rmSync(folder, { recursive: true, force: true })
}
console.log(failed === 0 ? '\nevery alarm fired' : `\n${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

async function firing (name: string, began: number): Promise<void> {
  for (const until = performance.now() + limitMs; performance.now() < until; await wait(200)) {
    const alert = (await prometheus.alerts()).find(alert => alert.name === name && alert.state === 'firing')
    if (!alert) continue
    console.log(`  ${name.padEnd(20)} fired after ${seconds(began)} s and read ${Number(alert.value.toPrecision(3))}`)
    return
  }
  failed++
  console.log(`  ${name.padEnd(20)} DID NOT FIRE within ${limitMs / 1_000} s`)
}

async function quiet (names: string[]): Promise<boolean> {
  for (const until = performance.now() + limitMs; performance.now() < until; await wait(200)) {
    if (!(await prometheus.alerts()).some(({ name }) => names.includes(name))) return true
  }
  failed++
  console.log(`  NOT QUIET within ${limitMs / 1_000} s: ${(await prometheus.alerts()).map(({ name }) => name).join(', ')}`)
  return false
}

/** Runs each query of the dashboard, as Grafana does. */
async function queryPanels (): Promise<void> {
  const queries = dashboard.flatMap(({ panels }) => panels.flatMap(({ prometheus }) => prometheus.map(({ expression }) => expression.replaceAll('$window', '60s'))))
  const empty: string[] = []
  for (const query of queries) if (await prometheus.series(query) === 0) empty.push(query)
  console.log(`\ndashboard: ${queries.length} queries, ${queries.length - empty.length} have a result${empty.map(query => `\n  none: ${query}`).join('')}`)
}

function seconds (since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(1)
}
