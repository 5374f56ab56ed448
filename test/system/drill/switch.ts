import { setTimeout as pause } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { waitLimitMs } from '../../harness/patience.ts'
import type { Release } from './release.ts'
import type { Task } from './task.ts'

/** What is wrong after the switch; empty if nothing is. */
export type SwitchOutcome = { happened: string[], wrong: string[] }

/** Freezes an older worker in the middle of a batch, and ends its sessions, as the server does with a client that is gone. */
export async function freezeInBatch (sql: Sql, release: Release, task: Task): Promise<void> {
  await until(async () => (await sql`select 1 from batch_attempts where outcome is null and worker like ${`%:${task.pid}`}`).length > 0)
  task.signal('SIGSTOP')
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${`ingestion-worker@${release.version}`}`
}

/**
 * Checks the time after the switch: the frozen worker wakes and applies nothing, and conversion ends although every worker is killed in the middle
 * of it. `restart` kills the workers and starts them again.
 */
export async function afterSwitch (sql: Sql, frozen: Task, restart: () => Promise<void>, log: (text: string) => void): Promise<SwitchOutcome> {
  const outcome: SwitchOutcome = { happened: [], wrong: [] }
  const [row] = await sql`select switched_at as "at" from ledger_position`
  if (!row?.at) return { happened: [], wrong: ['the migrator has not switched the ledger'] }
  frozen.signal('SIGCONT')
  const all = await countOld(sql)
  await until(async () => await countOld(sql) < all)
  await restart()
  const left = await countOld(sql)
  log(`workers killed while they convert: ${left} of ${all} prices left`)
  await until(async () => await countOld(sql) === 0, 10 * waitLimitMs).catch(async () => { outcome.wrong.push(`${await countOld(sql)} prices are not converted`) })
  outcome.happened.push(`switched with ${all} prices to convert; killed at ${left}; converted`)
  const exit = await frozen.stop()
  const [applied] = await sql<[{ count: number }]>`
    select count(*)::int from batch_attempts, ledger_position where worker like ${`%:${frozen.pid}`} and outcome = 'applied' and finished_at > switched_at`
  outcome.happened.push(`the frozen worker applied ${applied.count} batches after the switch, and exited with ${exit.slice(0, 20)}`)
  if (applied.count > 0) outcome.wrong.push('the frozen worker has applied a batch after the switch')
  return outcome
}

const countOld = async (sql: Sql): Promise<number> => (await sql<[{ count: number }]>`select count(*)::int from prices`)[0].count

async function until (condition: () => Promise<boolean>, limitMs = waitLimitMs): Promise<void> {
  const end = performance.now() + limitMs
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${String(condition)}`)
    await pause(20)
  }
}
