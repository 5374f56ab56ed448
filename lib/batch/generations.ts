import { isDeepStrictEqual } from 'node:util'
import type { Sql } from 'postgres'
import { withDeadline } from '../process/deadline.ts'
import { batchId, type Mode, type Name } from './batch.ts'
import { readCurrentConditions, type CheckedUnder, type Conditions, type RequestConditions } from './conditions.ts'
import type { Store } from './store/store.ts'

/** One of the successive batches of one content. The next generation is accepted only after the previous one was rejected. */
export type Generation = { id: string, name: Name }

/** Most generations of one content. The last one is never followed by another. */
const maxGenerations = 100
const databaseTimeoutMs = 3_000

/** Returns the generations of a content. The first one has the given name; the name of each later one contains the previous batch id. */
export function generationsOf (provider: string, mode: Mode, first: Name): Generation[] {
  const generations: Generation[] = []
  for (let name = first; generations.length < maxGenerations;) {
    const id = batchId(provider, mode, name)
    generations.push({ id, name })
    name = { ...first, after: id }
  }
  return generations
}

/**
 * Returns the index of the generation that a content sent now belongs to. That is the first one, from index `from` on, that was not
 * rejected under conditions that differ from the current ones. That generation may not be accepted yet.
 *
 * Throws the errors of the database.
 */
export async function findCurrentGeneration (
  sql: Sql, generations: readonly Generation[], from: number, ofRequest: RequestConditions
): Promise<number> {
  const found = await withDeadline(sql<Array<{ id: string, checked_under: CheckedUnder | null }>>`
    select id, checked_under from batches where id = any(${generations.map(({ id }) => id)}) and state = 'rejected'`, databaseTimeoutMs)
  const rejected = new Map(found.map(({ id, checked_under: under }) => [id, under]))
  if (!rejected.has(generations[from]!.id)) return from
  const now = await withDeadline(readCurrentConditions(sql, ofRequest), databaseTimeoutMs)
  let at = from
  for (; at < generations.length - 1; at++) {
    const under = rejected.get(generations[at]!.id)
    if (under === undefined || !hasChanged(under, now)) break
  }
  return at
}

/** Returns the index of the last accepted generation. Reads the store only, for use while the database is unavailable. */
export async function findLastAccepted (store: Store, generations: readonly Generation[], from: number): Promise<number> {
  let at = from
  while (at < generations.length - 1 && await store.readManifest(generations[at + 1]!.id)) at++
  return at
}

/** Without conditions (`under` is null) an older release has rejected the batch, so the release has changed. */
function hasChanged (under: CheckedUnder | null, now: Conditions | null): boolean {
  if (now === null || (under && 'duplicate' in under)) return false
  return !isDeepStrictEqual(under, now)
}
