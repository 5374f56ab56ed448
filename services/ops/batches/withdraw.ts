import { isWithdrawal } from '../../../lib/batch/batch.ts'
import { requestWithdrawal } from '../../../lib/batch/request-withdrawal.ts'
import { readRecord } from '../../../lib/batch/records.ts'
import { idSummary } from './batch-id.ts'
import { command } from '../command.ts'
import { onEachBatch, type BatchLine } from './each-batch.ts'
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
    const [system, actor] = [await open(), await actorOf(values)]
    await onEachBatch(system, operands, id => withdraw(system, id, actor))
  },
})

async function withdraw (system: System, id: string, actor: Actor): Promise<BatchLine> {
  const [sql, store, queue] = [system.sql(), await system.store(), await system.queue()]
  const refused = (reason: string): BatchLine => ({ text: `refused: ${reason}`, outcome: 'refused' })
  const manifest = await store.readManifest(id)
  if (!manifest) return { text: 'unknown', outcome: 'absent' }
  if (isWithdrawal(manifest)) return refused(`it is the withdrawal of ${manifest.target}`)
  if (manifest.mode === 'dry_run') return refused('it is a dry run, and none of its prices count')
  const before = (await readRecord(sql, id))?.state
  if (before === 'withdrawn') return { text: 'withdrawn already: nothing changed', outcome: 'done' }
  if (before === 'rejected' || before === 'discarded') return refused(`the batch is ${before}, and none of its prices count`)
  await requestWithdrawal({ store, queue, sql, log: requestLog }, manifest, actor)
  return { text: (await readRecord(sql, id))?.state ?? 'accepted', outcome: 'done' }
}
