import type { Sql } from 'postgres'
import type { Manifest, State } from './batch.ts'

/** Row of a batch in the database. Times are ISO 8601. */
export type BatchRecord = {
  id: string
  provider: string
  mode: string
  state: State
  format: string
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
}

/** Inserts the row of an accepted batch, unless the row exists. */
export async function recordAccepted (sql: Sql, manifest: Manifest): Promise<void> {
  await sql`insert into batches ${sql(acceptedRow(manifest))} on conflict do nothing`
}

/** Returns the columns that the row of an accepted batch takes from its manifest. */
const acceptedRow = (manifest: Manifest) => ({
  id: manifest.id, provider: manifest.provider, mode: manifest.mode, format: manifest.format, digest: manifest.digest, bytes: manifest.bytes,
  decoded_bytes: manifest.decodedBytes, accepted_at: manifest.acceptedAt, name_kind: manifest.name.kind,
  payload_stored_at: manifest.payloadStoredAt ?? null,
})

/**
 * Inserts the rows of accepted batches that the database has lost, and returns the ids of the inserted rows. The caller sends their messages
 * in order. Until then `queued_at` is infinity, so that no sweeper sends a message earlier.
 */
export async function recordLost (sql: Sql, manifests: readonly Manifest[]): Promise<string[]> {
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
  const [row] = await sql<BatchRecord[]>`select ${columns(sql, sql`first_errors`)} from batches where id = ${id}`
  return row ?? null
}

export type ListOptions = {
  provider: string
  state?: string | undefined
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

/** Returns the batches of a provider, newest first, each with only its first error. */
export async function listRecords (sql: Sql, { provider, state, after, limit }: ListOptions): Promise<BatchRecord[]> {
  return await sql<BatchRecord[]>`
    select ${columns(sql, sql`jsonb_path_query_array(first_errors, '$[0]') as first_errors`)} from batches
    where provider = ${provider}
      ${state ? sql`and state = ${state}` : sql``}
      ${after ? sql`and (accepted_at, id) < (select accepted_at, id from batches where id = ${after})` : sql``}
    order by accepted_at desc, id desc
    limit ${limit}`
}

const columns = (sql: Sql, firstErrors: ReturnType<Sql>) => sql`
  id, provider, mode, state, format, digest, bytes, decoded_bytes,
  ${isoTime(sql, 'accepted_at')}, ${isoTime(sql, 'started_at')}, ${isoTime(sql, 'finished_at')},
  row_count, error_count, ${firstErrors}, last_line_ended, reason,
  (select count(*)::int from batch_attempts where batch_id = batches.id) as attempts,
  (select rows_read from batch_attempts where batch_id = batches.id order by attempt desc limit 1) as rows_read,
  (select rows_expected from batch_attempts where batch_id = batches.id order by attempt desc limit 1) as rows_expected`

/** Returns a timestamp column in the format of the manifest. */
export const isoTime = (sql: Sql, column: string) =>
  sql`to_char(${sql(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${sql(column)}`
