import type { Sql } from 'postgres'

export type Held = {
  id: string
  /** Whether the batch is held for longer than `suspectSeconds`. */
  expired: boolean
}

export type Lease = {
  held: Held[]
  /** Releases the lease, so that the next worker can read the batches. Never rejects. */
  release: () => Promise<void>
}

export type LeaseOptions = { suspectSeconds: number, recheckSeconds: number, leaseSeconds: number }

/**
 * Leases the held batches that were last read more than `recheckSeconds` ago. Returns null if there are none, or if another worker has a
 * lease. The lease is stored in the rows of the batches and is renewed until its release. The lease of a crashed worker expires
 * within `leaseSeconds`. A lease that is lost in an outage of the database only causes a second read.
 */
export async function leaseHeld (sql: Sql, { suspectSeconds, recheckSeconds, leaseSeconds }: LeaseOptions): Promise<Lease | null> {
  const held = await sql<Held[]>`
    update unreadable_batches
    set checked_at = clock_timestamp(), leased_until = clock_timestamp() + make_interval(secs => ${leaseSeconds})
    where held_since is not null and checked_at < clock_timestamp() - make_interval(secs => ${recheckSeconds})
      and not exists (select from unreadable_batches where leased_until > clock_timestamp())
    returning batch_id as id, held_since < clock_timestamp() - make_interval(secs => ${suspectSeconds}) as expired`
  if (held.length === 0) return null
  const ids = held.map(({ id }) => id)
  let renewing: Promise<unknown> | undefined
  const timer = setInterval(() => {
    renewing ??= sql`
      update unreadable_batches set leased_until = clock_timestamp() + make_interval(secs => ${leaseSeconds}) where batch_id = any(${ids})`
      .catch(() => {}).finally(() => { renewing = undefined })
  }, leaseSeconds * 1_000 / 3)
  return {
    held,
    async release () {
      clearInterval(timer)
      await renewing
      await sql`
        update unreadable_batches set leased_until = null, checked_at = clock_timestamp() where batch_id = any(${ids})`.catch(() => {})
    },
  }
}
