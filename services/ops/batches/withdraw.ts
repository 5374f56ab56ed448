import { isWithdrawal } from '../../../lib/batch/batch.ts'
import { requestWithdrawal } from '../../../lib/batch/request-withdrawal.ts'
import { readRecord } from '../../../lib/batch/records.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { findBatchIds, idSummary } from './batch-id.ts'
import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { requestLog } from './request-log.ts'
import { actorOf, by, why } from '../options.ts'
import type { System } from '../system.ts'
import type { Actor } from '../../../lib/batch/actor.ts'

export const withdrawBatches = command({
  name: 'batches withdraw',
  summary: 'Withdraws batches of any provider: their prices no longer count. A batch that is not applied yet never is.',
  details: 'The withdrawal is final. The batch is withdrawing, and its prices count, until a worker has taken them back: `batches show ID`. ' +
    'A repeated command changes nothing, and the first reason stays.',
  operand: { value: 'ID', summary: idSummary, repeats: true },
  options: { why, by },
  runs: 'task',
  async run ({ operands, values, system: open }) {
    const system = await open()
    const ids = await findBatchIds(system.sql(), operands)
    const actor = await actorOf(values)
    let refused = 0
    for (const id of ids) {
      const { text, isRefused } = await withdraw(system, id, actor)
      if (isRefused) refused++
      console.log(`${id}  ${text}`)
    }
    if (refused > 0) throw new CommandError(`Of ${ids.length} batches: ${refused} refused or failed.`)
  },
})

async function withdraw (system: System, id: string, actor: Actor): Promise<{ text: string, isRefused: boolean }> {
  const [sql, store, queue] = [system.sql(), await system.store(), await system.queue()]
  const refused = (text: string) => ({ text, isRefused: true })
  const manifest = await store.readManifest(id)
  if (!manifest) return refused('unknown')
  if (isWithdrawal(manifest)) return refused(`refused: it is the withdrawal of ${manifest.target}`)
  if (manifest.mode === 'dry_run') return refused('refused: it is a dry run, and none of its prices count')
  const before = (await readRecord(sql, id))?.state
  if (before === 'withdrawn') return { text: 'withdrawn already: nothing changed', isRefused: false }
  if (before === 'rejected' || before === 'validated' || before === 'discarded') return refused(`refused: the batch is ${before}, and none of its prices count`)
  try {
    await requestWithdrawal({ store, queue, sql, log: requestLog }, manifest, actor)
  } catch (error) {
    if (error instanceof Problem) return refused(`failed: ${error.message}`)
    throw error
  }
  return { text: (await readRecord(sql, id))?.state ?? 'accepted', isRefused: false }
}
