import { removePrices } from '../ledger/remove-prices.ts'
import { transaction } from '../postgres/transaction.ts'
import type { Actor } from './actor.ts'
import { createNote } from './store/note.ts'
import { isWithdrawal, type Manifest, type State } from './batch.ts'
import { recordDecided } from './record-decided.ts'
import { recordAccepted } from './records.ts'
import { requestWithdrawal, type WithdrawalRequest } from './request-withdrawal.ts'
import { withdrawTarget } from './withdraw-target.ts'

/**
 * Result of a purge: the number of prices, and when the batch was applied and withdrawn, as ISO 8601. Rates as of a moment between the two times lack
 * the prices from now on. `sharedWith` has the batches that were sent with the same file and are not purged; `keepsFile` is true if one of them reads
 * the same object.
 */
export type Purged = Times & { sharedWith: string[], keepsFile: boolean }
type Times = { prices: number, appliedAt: string | null, withdrawnAt: string | null }

/**
 * Purges a batch: withdraws it if it counts or could be applied, and removes its prices, every version of its file, its report, its effect and the
 * texts of its rows, for ever. The note in the store comes first, so that a restored database is purged again (`purgeAgain`). Every step can
 * be repeated.
 *
 * Throws the errors of the database and the store.
 */
export async function purge (request: WithdrawalRequest, manifest: Manifest, actor: Actor): Promise<Purged> {
  const { store, sql } = request
  const { id, provider } = manifest
  await store.putNote('purges', createNote(id, provider, actor))
  await recordDecided(sql, store, manifest)
  await takeBack(request, manifest, actor)
  const [batch] = await sql<Array<{ number: number }>>`select number from batches where id = ${id}`
  // Before a price is removed, so that the batch counts at no moment while only a part of them is.
  await sql`update withdrawn_batches set is_purged = true where batch_number = ${batch!.number}`
  await removePrices(sql, batch!.number)
  const shared = await findShared(request, manifest)
  await store.purgeObjects(manifest, shared)
  return await transaction(sql, async tx => {
    const written = await tx`
      update batches set purged_at = clock_timestamp(), first_errors = '[]', understood = null where id = ${id} and purged_at is null returning 1`
    if (written.length > 0) {
      await tx`
        insert into dead_letter_actions (batch_id, action, actor, caller, task, reason, acted_at)
        values (${id}, 'purge', ${actor.name}, ${actor.caller ?? null}, ${actor.task ?? null}, ${actor.reason}, clock_timestamp())`
    }
    const [times] = await tx<[Times]>`
      select coalesce((select row_count from applied_batches where batch_id = ${id}), 0) as prices,
        (select to_json(applied_at at time zone 'UTC') #>> '{}' || 'Z' from applied_batches where batch_id = ${id}) as "appliedAt",
        (select to_json(withdrawn_at at time zone 'UTC') #>> '{}' || 'Z' from withdrawn_batches where batch_number = ${batch!.number}) as "withdrawnAt"`
    return { ...times, ...shared }
  })
}

/** Finds the batches of the provider that were sent with the same file and are not purged. An upload may be submitted in several batches. */
async function findShared ({ sql, store }: WithdrawalRequest, { id, provider, digest, payload }: Manifest): Promise<Pick<Purged, 'sharedWith' | 'keepsFile'>> {
  const rows = await sql<Array<{ id: string }>>`
    select id from batches where provider = ${provider} and digest = ${digest} and id <> ${id} and purged_at is null and mode <> 'withdraw' order by number`
  let keepsFile = false
  for (const other of rows) {
    const manifest = await store.readManifest(other.id)
    keepsFile ||= manifest !== null && !isWithdrawal(manifest) && manifest.payload.key === payload.key
  }
  return { sharedWith: rows.map(({ id }) => id), keepsFile }
}

/** Withdraws a batch in this process: a worker may be stopped, as after a restore. */
async function takeBack (request: WithdrawalRequest, manifest: Manifest, actor: Actor): Promise<void> {
  const { sql } = request
  const [{ state }] = await sql<[{ state: State }]>`select state from batches where id = ${manifest.id}`
  if (['withdrawn', 'rejected', 'validated', 'discarded'].includes(state) || manifest.mode !== 'apply') return
  const { withdrawal } = await requestWithdrawal(request, manifest, actor)
  await recordAccepted(sql, withdrawal)
  await transaction(sql, async (tx, commit) => {
    await tx`select pg_advisory_xact_lock(hashtextextended(id, 0)) from unnest(${[withdrawal.id, manifest.id].sort()}::text[]) as id`
    const [{ state }] = await tx<[{ state: State }]>`select state from batches where id = ${manifest.id}`
    if (state === 'withdrawn') return // it was queued, and ended with the request
    const outcome = await withdrawTarget(tx, commit, withdrawal)
    if (outcome === 'already final') throw new Error(`The withdrawal of batch ${manifest.id} was discarded by an older release`)
  })
}

/**
 * Purges the batches again whose notes are in the store and whose rows say that they are not purged, as after a restore. Returns their ids. It reads
 * all notes: a purge may have been continued long after its note.
 */
export async function purgeAgain (request: WithdrawalRequest, dryRun = false): Promise<string[]> {
  const { store, sql } = request
  const purged: string[] = []
  for await (const ids of store.listIds('purges', new Date(0))) {
    const done = await sql<Array<{ id: string }>>`select id from batches where id = any (${ids}) and purged_at is not null`
    const isDone = new Set(done.map(({ id }) => id))
    for (const id of ids.filter(id => !isDone.has(id))) {
      const [note, manifest] = await Promise.all([store.readNote('purges', id), store.readManifest(id)])
      if (!note || !manifest || isWithdrawal(manifest)) continue
      if (!dryRun) await purge(request, manifest, note.actor)
      purged.push(id)
    }
  }
  return purged
}
