import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { seededRandom } from '../../../lib/sample/random.ts'
import { planBatches } from './batches.ts'
import { check } from './check.ts'
import type { Verdict } from './verdict.ts'
import { openClients } from './clients.ts'
import { openCorrector } from './corrector.ts'
import { dump, type Dump } from './dump.ts'
import { injectFaults, planFaults } from './faults.ts'
import { startGuarded } from './guarded.ts'
import { openHistory, readHistory } from './history.ts'
import { recordLeftObjects } from './left-objects.ts'
import { startOperator } from './operator.ts'
import { guardedProvider } from './plan-corrections.ts'
import { openPurger } from './purger.ts'
import { startReaders } from './readers.ts'
import { settle } from './settle.ts'
import { startSystem } from './system.ts'

export type DriveOptions = {
  seed: number
  batches: number
  faults: number
  /** How often the database is restored to an earlier state. */
  restores: number
  /** Longest time in which batches are sent and faults injected, in seconds. */
  secondsLimit: number
  /** Mean time between two faults, in milliseconds. */
  faultPauseMs?: number
  /** Kinds of faults. @default all kinds */
  only?: readonly string[]
  limitDisk?: boolean
  /** Longest time for the batches to become final after all faults have ended, in seconds. */
  settleSeconds?: number
  report?: (text: string) => void
}

export const providers = ['north', 'south', 'east', 'west', guardedProvider]

/** Runs batches and faults from the seed, waits until every batch is final, and resolves with the verdict. */
export async function drive (options: DriveOptions): Promise<{ verdict: Verdict, folder: string }> {
  const { seed, batches, faults, restores, secondsLimit, faultPauseMs = 150, only, limitDisk, settleSeconds = 180, report = () => {} } = options
  const folder = mkdtempSync(join(tmpdir(), `freight-rates-faults-${seed}-`))
  chmodSync(folder, 0o755) // PostgreSQL, which is another user, must enter the folder
  const file = join(folder, 'history.ndjson')
  const history = openHistory(file)
  history.add({ type: 'run', seed, providers })
  const system = await startSystem({
    folder, providers, limitDisk: limitDisk ?? true,
    died: (process, code, signal, output) => history.add({ type: 'died', process, at: history.now(), code, signal, output }),
  })
  const interrupted = (): void => { system.stop().finally(() => process.exit(1)) }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGALRM'] as const) process.once(signal, interrupted)
  try {
    const plans = planBatches(batches, providers, seededRandom(seed, 1))
    for (const { again: _again, pauseMs: _pause, ...plan } of plans) history.add({ type: 'batch', ...plan })
    const clients = openClients(system, plans, history)
    const startedAt = performance.now()
    const late = (): boolean => performance.now() - startedAt > secondsLimit * 1_000
    const corrector = openCorrector(system, plans, clients, history, seededRandom(seed, 3), late)
    const purger = openPurger(system, plans, clients, history, seededRandom(seed, 4))
    const readers = startReaders(system, plans, clients, history)
    const stops = [startOperator(system, plans, history), startGuarded(system, plans, history)]
    let sent = false
    const progress = setInterval(() => report(`${Math.round(history.now() / 1000)} s: ${clients.accepted().length} accepted, ${readers.finished().size} final`), 15_000)
    const sending = clients.send(late).then(() => { sent = true })
    clients.more(4)
    const injected = await injectFaults(planFaults(faults, restores, seededRandom(seed, 2), faultPauseMs, only), {
      system, history, accepted: () => [...clients.accepted(), ...corrector.accepted()], more: clients.more, correct: corrector.correct,
      purge: purger.purge, forget: readers.forget, batchesPerFault: batches / faults / 6, withdrawalsPerFault: batches / faults / 8, over: late,
    })
    clients.more(batches)
    report(`${Math.round(history.now() / 1000)} s: ${injected} faults injected, ${sent ? 'all' : 'not all'} batches sent`)
    await sending
    await corrector.done()
    await purger.done()
    await settle(system, readHistory(file), settleSeconds)
    report(`${Math.round(history.now() / 1000)} s: settled`)
    await wait(500)
    clearInterval(progress)
    await readers.stop()
    for (const stop of stops) await stop()
    const found: Dump = await dump(system.admin)
    await recordLeftObjects(system, readHistory(file), history, plans)
    writeFileSync(join(folder, 'dump.json'), JSON.stringify(found))
    for (const service of system.all) writeFileSync(join(folder, `${service.name}.log`), service.output())
    return { verdict: check(readHistory(file), found), folder }
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGALRM'] as const) process.off(signal, interrupted)
    await system.stop()
  }
}
