import type { Sql } from 'postgres'
import type { Admission, Admit } from '../../lib/batch/accept.ts'
import { countUnfinished } from '../../lib/batch/unfinished.ts'
import { withDeadline } from '../../lib/process/deadline.ts'
import type { Log } from '../../lib/process/log.ts'
import { Problem } from '../../lib/http/problem.ts'

export type UnfinishedOptions = {
  sql: Sql
  log: Log
  /** Maximum unfinished batches of one provider. */
  max: number
  /** Maximum age of a count, in ms. */
  freshMs?: number
}

export type Unfinished = {
  /** Throws `too-many-unfinished` for a new batch of a provider at its limit. */
  admit: Admit
  /** Records that the batch now has its row in the database. */
  recorded: (provider: string, id: string) => void
}

type Count = {
  /** The last count of the database. */
  counted: number
  countedAt: number
  /**
   * Batches that this process accepted and whose rows the last count did not include. The number is that of the requests for the batch
   * that were admitted and not cancelled.
   */
  unrecorded: Map<string, number>
  /** Those of them that were admitted during a count, and that no later count has looked for: the count may have included them. */
  uncertain: Set<string>
  /** Whether the running count is followed by another one. */
  isRecountDue: boolean
  counting: Promise<void> | null
}

/** Maximum number of cached counts. The count of the provider that has sent nothing for longest is evicted. */
const maxProviders = 1_000
/** Maximum age of a count that refuses a batch, in ms. */
const refusalMs = 250
/** Maximum wait of a request for a count, in ms. */
const waitMs = 1_000

/**
 * Limits the unfinished batches of a provider. SQS searches only the first 120,000 messages of a FIFO queue, so the messages of one
 * group could hide all others. While the database is unavailable, the limit uses the last count and the batches that this process
 * has accepted since.
 */
export function limitUnfinished ({ sql, log, max, freshMs = 5_000 }: UnfinishedOptions): Unfinished {
  const counts = new Map<string, Count>()

  async function admit ({ provider, id }: { provider: string, id: string }): Promise<Admission> {
    const count = countOf(provider)
    const counting = recount(provider, count, freshMs)
    if (count.countedAt < 0) await counting
    if (total(count) >= max) await recount(provider, count, refusalMs) // some batches may have become final since the last count
    // The same batch, sent twice at once, counts once.
    if (total(count) >= max && !count.unrecorded.has(id)) {
      throw new Problem('too-many-unfinished', `You have ${total(count)} batches that are queued or processing; the maximum is ${max}. Send this batch again when there are fewer`)
    }
    if (count.counting && !count.unrecorded.has(id)) count.uncertain.add(id)
    count.unrecorded.set(id, (count.unrecorded.get(id) ?? 0) + 1)
    let isCancelled = false
    return {
      cancel () {
        const holders = count.unrecorded.get(id)
        if (isCancelled || holders === undefined) return
        isCancelled = true
        if (holders === 1) count.unrecorded.delete(id)
        else count.unrecorded.set(id, holders - 1)
      },
    }
  }

  function countOf (provider: string): Count {
    const count = counts.get(provider) ?? {
      counted: 0, countedAt: -1, unrecorded: new Map(), uncertain: new Set(), isRecountDue: false, counting: null,
    }
    counts.delete(provider) // moves the provider to the end of the map's order
    counts.set(provider, count)
    if (counts.size > maxProviders) counts.delete(counts.keys().next().value!)
    return count
  }

  /** Counts again if the last count is too old; one query at a time per provider. Resolves after the count or its time limit. */
  function recount (provider: string, count: Count, maxAgeMs: number): Promise<void> {
    if (count.counting) return count.counting
    if (count.countedAt >= 0 && performance.now() - count.countedAt < maxAgeMs) return Promise.resolve()
    count.isRecountDue = false
    const ids = [...count.unrecorded.keys()]
    count.counting = withDeadline(countUnfinished(sql, provider, ids), waitMs).then(({ unfinished, recorded }) => {
      count.counted = unfinished
      for (const id of ids) count.uncertain.delete(id)
      for (const id of recorded) count.unrecorded.delete(id)
    }).catch(error => log.warn({ err: error, provider }, 'unfinished batches not counted: using the last count')).finally(() => {
      count.countedAt = count.isRecountDue ? -1 : performance.now()
      count.counting = null
    })
    return count.counting
  }

  return {
    admit,
    recorded (provider, id) {
      const count = counts.get(provider)
      if (!count?.unrecorded.has(id)) return
      if (count.counting || count.uncertain.has(id)) {
        // The count may or may not include the row. The next count looks for the row by the id.
        count.isRecountDue = true
        if (!count.counting) count.countedAt = -1
        return
      }
      count.unrecorded.delete(id)
      count.counted++
    },
  }
}

const total = ({ counted, unrecorded }: Count): number => counted + unrecorded.size
