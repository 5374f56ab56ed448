import type { Sql } from 'postgres'
import type { Admission, Admit } from '../../lib/batch/accept.ts'
import { countUnfinished } from '../../lib/batch/unfinished.ts'
import { withDeadline } from '../../lib/process/deadline.ts'
import type { Log } from '../../lib/process/log.ts'
import { Problem } from '../../lib/http/problem.ts'

export type UnfinishedOptions = {
  sql: Sql
  log: Log
  /** Unfinished batches that one provider may have. */
  max: number
  /** How old a count may be, in milliseconds. */
  freshMs?: number
}

export type Unfinished = {
  /** Throws `too-many-unfinished` for a new batch of a provider that has too many. */
  admit: Admit
  /** The batch has its row in the database now. */
  recorded: (provider: string, id: string) => void
}

type Count = {
  /** The last count by the database. */
  counted: number
  countedAt: number
  /**
   * Batches that this process accepted and whose rows it could not see in the database yet; of each, how many requests were admitted and
   * not cancelled.
   */
  unrecorded: Map<string, number>
  counting: Promise<void> | null
}

/** Providers whose counts are kept; the one that has sent nothing for longest is forgotten. */
const maxProviders = 1_000
/** How old a count may be that refuses a batch, in milliseconds. */
const refusalMs = 250
/** How long a request waits for a count, in milliseconds. */
const waitMs = 1_000

/**
 * Limits the unfinished batches of a provider: in a FIFO queue SQS looks for messages among the first 120,000 alone, so that the
 * messages of one group could hide all others. Needs no database: while it is unavailable, the last count holds, and what this process
 * has accepted since.
 */
export function limitUnfinished ({ sql, log, max, freshMs = 5_000 }: UnfinishedOptions): Unfinished {
  const counts = new Map<string, Count>()

  async function admit ({ provider, id }: { provider: string, id: string }): Promise<Admission> {
    const count = countOf(provider)
    const counting = recount(provider, count, freshMs)
    if (count.countedAt < 0) await counting
    if (total(count) >= max) await recount(provider, count, refusalMs) // some may have become final since
    // The same batch, sent twice at once, is one.
    if (total(count) >= max && !count.unrecorded.has(id)) {
      throw new Problem('too-many-unfinished', `You have ${total(count)} batches that are not final, of at most ${max}: send this one again when some of them are final`)
    }
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
    const count = counts.get(provider) ?? { counted: 0, countedAt: -1, unrecorded: new Map(), counting: null }
    counts.delete(provider) // the newest is the last in the map
    counts.set(provider, count)
    if (counts.size > maxProviders) counts.delete(counts.keys().next().value!)
    return count
  }

  /** Counts again where the last count is too old; one at a time. Resolves when it is done or has taken too long. */
  function recount (provider: string, count: Count, maxAgeMs: number): Promise<void> {
    if (count.counting) return count.counting
    if (count.countedAt >= 0 && performance.now() - count.countedAt < maxAgeMs) return Promise.resolve()
    count.counting = withDeadline(countUnfinished(sql, provider, [...count.unrecorded.keys()]), waitMs).then(({ unfinished, recorded }) => {
      count.counted = unfinished
      for (const id of recorded) count.unrecorded.delete(id)
    }).catch(error => log.warn({ err: error, provider }, 'unfinished batches not counted: using the last count')).finally(() => {
      count.countedAt = performance.now()
      count.counting = null
    })
    return count.counting
  }

  return {
    admit,
    recorded (provider, id) {
      const count = counts.get(provider)
      if (count?.unrecorded.delete(id)) count.counted++
    },
  }
}

const total = ({ counted, unrecorded }: Count): number => counted + unrecorded.size
