import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { seededRandom } from '../../../lib/sample/random.ts'
import { planBatches } from './batches.ts'
import { noCorrection } from './plan-corrections.ts'
import { textOf } from './check-summary.ts'
import { check } from './check.ts'
import { openClients } from './clients.ts'
import { dump } from './dump.ts'
import { openHistory, readHistory } from './history.ts'
import { startReaders } from './readers.ts'
import { startSystem } from './system.ts'

/**
 * `node test/system/faults/outage.ts [--minutes 10] [--per-minute 20]`: PostgreSQL is unavailable for this long while three providers send. Every
 * batch must be accepted at once, none become a dead letter, and all be applied, in order, after the recovery.
 */
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' }, 'per-minute': { type: 'string', default: '20' } } })
const [minutes, perMinute] = [Number(values.minutes), Number(values['per-minute'])]
const providers = ['north', 'south', 'east']
const folder = mkdtempSync(join(tmpdir(), 'freight-rates-outage-'))
chmodSync(folder, 0o755)
const file = join(folder, 'history.ndjson')
const history = openHistory(file)
history.add({ type: 'run', seed: 0, providers })
const system = await startSystem({
  folder, providers, limitDisk: false,
  died: (process, code, signal, output) => history.add({ type: 'died', process, at: history.now(), code, signal, output }),
})
try {
  const count = Math.ceil(minutes * perMinute)
  const plans = planBatches(count, providers, seededRandom(1))
    .map((plan, index) => ({ ...plan, provider: providers[index % 3]!, kind: 'good' as const, again: [], pauseMs: 0, ...noCorrection }))
  for (const { again: _again, pauseMs: _pause, ...plan } of plans) history.add({ type: 'batch', ...plan })
  const clients = openClients(system, plans, history)
  const readers = startReaders(system, plans, clients, history)
  const sending = clients.send(() => false)

  const at = history.now()
  await system.server.stop()
  console.log(`PostgreSQL is stopped for ${minutes} minutes; ${count} batches are sent`)
  const until = performance.now() + minutes * 60_000
  for (let sent = 0; performance.now() < until; sent++) {
    clients.more(1)
    await wait(60_000 / perMinute)
    if (sent % perMinute === 0) console.log(`${Math.round(history.now() / 1_000)} s: ${clients.accepted().length} accepted`)
  }
  const acceptedMeanwhile = clients.accepted().length
  await system.server.start()
  history.add({ type: 'fault', name: 'PostgreSQL unavailable', at, until: history.now(), detail: `${minutes} minutes` })
  const backAt = performance.now()
  clients.more(count)
  await sending
  while (readers.finished().size < count && performance.now() < backAt + 300_000) await wait(100)
  const drainedMs = Math.round(performance.now() - backAt)
  await readers.stop()
  const found = await dump(system.admin)
  const verdict = check(readHistory(file), found)
  const [{ most }] = await system.admin<[{ most: number }]>`select coalesce(max(attempt), 0) as most from batch_attempts`
  console.log(textOf(verdict))
  console.log(`outage    ${acceptedMeanwhile} accepted while it was unavailable; all final ${(drainedMs / 1000).toFixed(1)} s after its recovery; ${most} attempts at most`)
  if (verdict.violations.length > 0) process.exitCode = 1
  else rmSync(folder, { recursive: true, force: true })
} finally {
  await system.stop()
}
