import type { Sql } from 'postgres'
import { isFinal, type State } from '../../../../lib/batch/batch.ts'
import { followDecision } from '../../../../lib/batch/follow-decision.ts'
import { recordAccepted } from '../../../../lib/batch/records.ts'
import { transaction } from '../../../../lib/postgres/transaction.ts'
import { fileError, type RowError } from '../../rows/values/row-error.ts'
import type { Run } from '../options.ts'
import { findPrevious, lockSeries, recordPrevious } from './previous.ts'
import type { Target } from '../../../../lib/batch/take-back-batches.ts'

/**
 * Makes sure that the batches that this one names have rows in their true states, before its transaction: a restored database may have lost them, and
 * the store may have their decisions.
 */
export async function recordTargets ({ sql, store, manifest: { replaces }, signal }: Run): Promise<void> {
  if (!Array.isArray(replaces)) return
  const rows = await sql<Array<{ id: string, state: State }>>`select id, state from batches where id = any (${replaces})`
  const states = new Map(rows.map(({ id, state }) => [id, state]))
  for (const id of replaces) {
    const state = states.get(id)
    if (state && isFinal(state)) continue
    const [target, decision] = await Promise.all([store.readManifest(id), store.readDecision(id, signal)])
    if (!target) throw Object.assign(new Error(`No manifest of batch ${id}`), { code: 'NO_TARGET' })
    await recordAccepted(sql, target)
    if (decision) await transaction(sql, tx => followDecision(tx, decision))
  }
}

/** Returns the ids of the batches that this one is to replace, before they are locked. Locks its series. */
export async function findTargets (run: Run, tx: Sql): Promise<string[]> {
  const { replaces } = run.manifest
  await lockSeries(run, tx)
  if (replaces !== 'previous') return replaces ?? []
  const previous = await findPrevious(run, tx)
  return previous === undefined ? [] : [previous]
}

/**
 * Returns the batches that this one takes back, or the error for which it must be rejected. The caller holds their locks.
 *
 * - A target that counts, or that could still be applied, is taken back.
 * - A target that ended without being applied, or was withdrawn, is left as it is.
 * - A target that was replaced by a batch that counts is an error: both would count.
 */
export async function resolveTargets (run: Run, tx: Sql, ids: string[]): Promise<Target[] | RowError> {
  if (run.manifest.replaces === 'previous') {
    const error = await recordPrevious(run, tx, ids[0])
    if (error) return error
  }
  if (ids.length === 0) return []
  const rows = await tx<Array<{ id: string, number: number, state: State, prices: number }>>`
    select id, number, state, case when state = 'applied' then row_count else 0 end as prices
    from batches where id = any (${ids}) order by id for update`
  const replacement = await findReplacement(tx, ids)
  if (replacement !== null) return fileError('already_replaced', replacement, replacement)
  return rows.filter(({ state }) => state === 'applied' || !isFinal(state))
}

/** Returns a batch that counts, is not among `ids`, and has replaced one of them, directly or through other replacements; null if there is none. */
async function findReplacement (tx: Sql, ids: readonly string[]): Promise<string | null> {
  const [row] = await tx<Array<{ id: string }>>`
    with recursive replacement as (
      select replaced_by as id from batches where id = any (${ids as string[]}) and replaced_by is not null
      union
      select replaced_by from batches join replacement using (id) where replaced_by is not null
    )
    select id from replacement join batches using (id) where state = 'applied' and id <> all (${ids as string[]}) order by number limit 1`
  return row?.id ?? null
}
