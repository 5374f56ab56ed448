import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { marginMs, replay, type Counts } from '../replay/replay.ts'
import { table } from '../table.ts'
import { openProgress } from './progress.ts'

export const replayBatches = command({
  name: 'batches replay',
  summary: 'Restores the batches that a restored database lacks: compares the manifests in the bucket with the rows, and queues the missing batches.',
  details: `Lost batches are queued in the order of their acceptance, together with those that were queued or processing at TIME. Batches that were
rejected, validated or discarded after TIME get that state again, and are not applied. Applied batches are not changed. A repeated run changes nothing more.
Batches whose row is missing are found if they were accepted up to ${marginMs / 3_600_000} hours before TIME. An earlier TIME does no harm.
The period has no end: it lasts until now. The columns: "lost" had no row, "interrupted" was queued or processing at TIME, "decided" got its later state again,
"expired" is a lost batch whose payload the bucket may have deleted.`,
  options: {
    since: { type: 'string', value: 'TIME', summary: 'The time that the database was restored to, as 2026-11-22T10:00:00Z', required: true },
    'dry-run': { type: 'boolean', summary: 'Counts the batches, and changes nothing' },
  },
  runs: 'task',
  async run ({ values, system }) {
    const since = readTime(values.since)
    const opened = await system()
    const progress = openProgress()
    const dryRun = values['dry-run']
    const { providers, purged, released, sent, unreadable } = await replay({
      sql: opened.sql(), store: await opened.store(), queue: await opened.queue(), payloadKeepDays: opened.payloadKeepDays(), since, dryRun,
      onProgress: progress.show,
    })
    progress.line(providers.size === 0
      ? 'No batch is lost.'
      : table(['provider', ...columns], [
        ...[...providers].sort(([a], [b]) => a < b ? -1 : 1).map(([provider, counts]) => [provider, ...columns.map(column => counts[column])]),
        ['all', ...columns.map(column => [...providers.values()].reduce((sum, counts) => sum + counts[column], 0))],
      ]))
    if (released.length > 0) console.log(`${released.length} held batches were released again.`)
    if (purged.length > 0) console.log(`${purged.length} batches were purged again.`)
    console.log(dryRun ? 'Dry run: nothing was changed.' : `${sent} messages were sent.`)
    if (unreadable.count === 0) return
    for (const { id, reason } of unreadable.shown) console.log(`${id}  ${reason}`)
    throw new CommandError(`${unreadable.count} batches are in the bucket and cannot be read: the runbook's section "dead-letters" explains what to do for each reason. Then repeat the command.`)
  },
})

const columns = ['lost', 'interrupted', 'decided', 'expired'] as const satisfies ReadonlyArray<keyof Counts>

/** Parses a past time that has a time zone. Otherwise throws CommandError with exit code 2. */
function readTime (text: string): Date {
  const time = new Date(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$/.test(text) ? text : NaN)
  if (Number.isNaN(time.getTime())) throw new CommandError(`--since must be a time with its time zone, as 2026-11-22T10:00:00Z, not "${text}".`, 2)
  if (time.getTime() > Date.now()) throw new CommandError(`--since ${text} is in the future: use the time that the database was restored to.`, 2)
  return time
}
