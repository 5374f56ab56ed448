import type { Sql } from 'postgres'
import { createHash } from 'node:crypto'
import type { Understood } from './understood.ts'
import { isWithdrawal, type AnyManifest, type ListedState, type State } from './batch.ts'

/** Row of a batch in the database. Times are ISO 8601. */
export type BatchRecord = {
  id: string
  provider: string
  mode: string
  state: State
  format: string | null
  digest: string
  bytes: number
  decoded_bytes: number | null
  accepted_at: string
  started_at: string | null
  finished_at: string | null
  row_count: number | null
  error_count: number | null
  first_errors: unknown[]
  last_line_ended: boolean | null
  reason: string | null
  attempts: number
  rows_read: number | null
  rows_expected: number | null
  /** Batches that this one replaces; `previous` until they are found. Null for none. */
  replaces: string[] | null
  series: string | null
  /** The batch that has taken this one back in its own commit. */
  replaced_by: string | null
  withdrawn_at: string | null
  /** Why the batch was withdrawn. */
  why: string | null
  held_at: string | null
  purged_at: string | null
  /** Only of a single batch. Null until a worker has read the file. */
  understood?: Understood | null
}

/** Inserts the row of an accepted batch, unless the row exists. */
export async function recordAccepted (sql: Sql, manifest: AnyManifest): Promise<void> {
  await sql`insert into batches ${sql(acceptedRow(manifest))} on conflict do nothing`
}

/** Returns the columns that the row of an accepted batch takes from its manifest. */
const acceptedRow = (manifest: AnyManifest) => ({
  id: manifest.id, provider: manifest.provider, mode: manifest.mode, accepted_at: manifest.acceptedAt,
  ...(isWithdrawal(manifest)
    ? { ...noContent, target_id: manifest.target, why: manifest.actor.reason }
    : {
        format: manifest.format, digest: manifest.digest, bytes: manifest.bytes, decoded_bytes: manifest.decodedBytes, name_kind: manifest.name.kind,
        payload_stored_at: manifest.payloadStoredAt ?? null, target_id: null, why: null, series: manifest.series ?? null,
        replaces: manifest.replaces === 'previous' ? ['previous'] : manifest.replaces ?? null,
      }),
})

/** Columns of a batch without payload. */
const noContent = {
  format: null, digest: createHash('sha256').digest('hex'), bytes: 0, decoded_bytes: 0, name_kind: null, payload_stored_at: null, series: null, replaces: null,
}

/**
 * Inserts the rows of accepted batches that the database has lost, and returns the ids of the inserted rows. The caller sends their messages
 * in order. Until then `queued_at` is infinity, so that no sweeper sends a message earlier.
 */
export async function recordLost (sql: Sql, manifests: readonly AnyManifest[]): Promise<string[]> {
  if (manifests.length === 0) return []
  const rows = manifests.map(acceptedRow)
  const columns = Object.keys(rows[0]!)
  const written = await sql<Array<{ id: string }>>`
    insert into batches (${sql(columns)}, queued_at)
    select ${sql(columns)}, 'infinity'::timestamptz from json_populate_recordset(null::batches, ${sql.json(rows as never)}::json)
    on conflict do nothing returning id`
  return written.map(({ id }) => id)
}

export async function readRecord (sql: Sql, id: string): Promise<BatchRecord | null> {
  const [row] = await sql<BatchRecord[]>`select ${columns(sql, sql`first_errors`)}, understood from batches where id = ${id}`
  return row ?? null
}

export type ListOptions = {
  provider: string
  state?: ListedState | undefined
  /** Id of the last batch of the previous page. */
  after?: string | undefined
  limit: number
}

/** Returns the provider of a batch; null if the batch has no row. */
export async function providerOfRecord (sql: Sql, id: string): Promise<string | null> {
  const [row] = await sql<Array<{ provider: string }>>`select provider from batches where id = ${id}`
  return row?.provider ?? null
}

/** Returns the batches whose id begins with `prefix` (hexadecimal digits), ordered by id. */
export async function batchesByPrefix (
  sql: Sql, prefix: string, limit: number
): Promise<Array<Pick<BatchRecord, 'id' | 'provider' | 'state' | 'accepted_at'>>> {
  // A range instead of LIKE: the index on id supports LIKE only with collation C.
  return await sql`
    select id, provider, state, ${isoTime(sql, 'accepted_at')} from batches
    where id between ${prefix.padEnd(64, '0')} and ${prefix.padEnd(64, 'f')} order by id limit ${limit}`
}

/** Returns the batches of a provider, newest first, each with only its first error. Withdrawals are shown by the batches that they take back. */
export async function listRecords (sql: Sql, { provider, state, after, limit }: ListOptions): Promise<BatchRecord[]> {
  return await sql<BatchRecord[]>`
    select ${columns(sql, sql`jsonb_path_query_array(first_errors, '$[0]') as first_errors`)} from batches
    where provider = ${provider} and mode <> 'withdraw'
      ${state ? sql`and ${stateColumn(sql)} = ${state} and ${isPossibly(sql, state)}` : sql``}
      ${after ? sql`and (accepted_at, id) < (select accepted_at, id from batches where id = ${after})` : sql``}
    order by accepted_at desc, id desc
    limit ${limit}`
}

const columns = (sql: Sql, firstErrors: ReturnType<Sql>) => sql`
  id, provider, mode, ${stateColumn(sql)} as state, format, digest, bytes, decoded_bytes,
  ${isoTime(sql, 'accepted_at')}, ${isoTime(sql, 'started_at')}, ${isoTime(sql, 'finished_at')},
  row_count, error_count, ${firstErrors}, last_line_ended, reason,
  (select count(*)::int from batch_attempts where batch_id = batches.id) as attempts,
  (select rows_read from batch_attempts where batch_id = batches.id order by attempt desc limit 1) as rows_read,
  (select rows_expected from batch_attempts where batch_id = batches.id order by attempt desc limit 1) as rows_expected,
  replaces, series, replaced_by, why, ${isoTime(sql, 'held_at')}, ${isoTime(sql, 'purged_at')},
  ${isoText(sql, sql`coalesce((select withdrawn.withdrawn_at from withdrawn_batches as withdrawn where batch_number = number), withdrawn_at)`)} as withdrawn_at`

/** A condition on columns that indexes have: a state as clients see it differs from the row's only for batches that are being withdrawn. */
const isPossibly = (sql: Sql, state: ListedState) => state === 'withdrawing'
  ? sql`id in (select target_id from batches where target_id is not null and state in ('queued', 'processing', 'dead_lettered'))`
  : sql`state = ${state}`

/** The state as clients see it. A batch that is applied counts until its withdrawal is finished. */
const stateColumn = (sql: Sql) => sql`
  case when state in ('queued', 'processing', 'held', 'applied', 'dead_lettered') and exists (
    select from batches as withdrawal where withdrawal.target_id = batches.id and withdrawal.state in ('queued', 'processing', 'dead_lettered')
  ) then 'withdrawing' else state end`

/** Returns a timestamp column in the format of the manifest. */
export const isoTime = (sql: Sql, column: string) => sql`${isoText(sql, sql`${sql(column)}`)} as ${sql(column)}`

const isoText = (sql: Sql, time: ReturnType<Sql>) => sql`to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
