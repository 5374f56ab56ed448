import { isDeepStrictEqual } from 'node:util'
import type { Sql } from 'postgres'
import { withDeadline } from '../process/deadline.ts'
import { batchId, type Mode, type Name } from './batch.ts'
import { readCurrentConditions, type CheckedUnder, type Conditions } from './conditions.ts'
import type { Store } from './store/store.ts'

/** One of the batches that a content is in turn: the next one is accepted only after the one before was rejected. */
export type Generation = { id: string, name: Name }

/** Most batches that one content can be. The last one stays what it is. */
const maxGenerations = 100
const databaseTimeoutMs = 3_000

/** The generations of a content, the first one named as given. The name of each has the id of the one before in it. */
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
 * Index of the generation that a content sent now is: the first one, from index `from` on, that was not rejected under other conditions
 * than those of now. It may not exist yet.
 *
 * Throws what the database throws.
 */
export async function findCurrentGeneration (sql: Sql, generations: readonly Generation[], from: number, rows: number | null): Promise<number> {
  const found = await withDeadline(sql<Array<{ id: string, checked_under: CheckedUnder | null }>>`
    select id, checked_under from batches where id = any(${generations.map(({ id }) => id)}) and state = 'rejected'`, databaseTimeoutMs)
  const rejected = new Map(found.map(({ id, checked_under: under }) => [id, under]))
  if (!rejected.has(generations[from]!.id)) return from
  const now = await withDeadline(readCurrentConditions(sql, rows), databaseTimeoutMs)
  let at = from
  for (; at < generations.length - 1; at++) {
    const under = rejected.get(generations[at]!.id)
    if (under === undefined || !hasChanged(under, now)) break
  }
  return at
}

/** Index of the last generation that was accepted: what is known without the database. */
export async function findLastAccepted (store: Store, generations: readonly Generation[], from: number): Promise<number> {
  let at = from
  while (at < generations.length - 1 && await store.readManifest(generations[at + 1]!.id)) at++
  return at
}

/** A rejection by an older release has no conditions: its release is another. */
function hasChanged (under: CheckedUnder | null, now: Conditions | null): boolean {
  if (now === null || (under && 'duplicate' in under)) return false
  return !isDeepStrictEqual(under, now)
}
