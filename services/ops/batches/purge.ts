import { isWithdrawal } from '../../../lib/batch/batch.ts'
import { purge } from '../../../lib/batch/purge.ts'
import { findBatchId, idSummary } from './batch-id.ts'
import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { requestLog } from './request-log.ts'
import { actorOf, by, why } from '../options.ts'

export const purgeBatch = command({
  name: 'batches purge',
  summary: 'Removes a batch for ever: withdraws it, and deletes its prices, every version of its file, its report and its effect.',
  details: 'The batch stays in lists, with the time of the purge. A second run continues where the first was interrupted. ' +
    'The note in the bucket (purges/) lets `batches replay` purge again after a restore of the database.',
  operand: { value: 'ID', summary: idSummary },
  options: { why, by },
  runs: 'task',
  async run ({ operands: [given = ''], values, system: open }) {
    const system = await open()
    const [sql, store, queue] = [system.sql(), await system.store(), await system.queue()]
    const id = await findBatchId(sql, given)
    const manifest = await store.readManifest(id)
    if (!manifest) throw new CommandError(`There is no batch ${id}.`)
    if (isWithdrawal(manifest)) throw new CommandError(`Batch ${id} is the withdrawal of ${manifest.target}: it has no file and no prices.`)
    const purged = await purge({ store, queue, sql, log: requestLog }, manifest, await actorOf(values))
    const { prices, appliedAt, withdrawnAt, sharedWith, keepsFile } = purged
    console.log(`${id}  purged: its prices (${prices.toLocaleString('en')}), report and effect were removed${keepsFile ? '' : ', and its file'}`)
    if (sharedWith.length > 0) {
      const stays = keepsFile ? ', and one of them reads it from the same object, which stays' : ''
      console.log(`The provider has sent the same file in other batches${stays}. Purge them too if the data must not exist:`)
      for (const other of sharedWith) console.log(`  ${other}`)
    }
    const days = system.optional('DATABASE_BACKUP_DAYS')
    console.log(days === undefined
      ? 'Backups of the database that were made before now still have the prices.'
      : `Backups of the database have the prices until ${new Date(Date.now() + Number(days) * 86_400_000).toISOString().slice(0, 10)}.`)
    if (appliedAt !== null) {
      console.log(`GET /rates with as_of from ${appliedAt} to ${withdrawnAt ?? 'now'} no longer has these prices: its earlier responses cannot be repeated.`)
    }
  },
})
