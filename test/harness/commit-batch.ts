import { randomBytes } from 'node:crypto'
import type { Sql } from 'postgres'
import { idempotencyRecord } from '../../lib/batch/idempotency-record.ts'
import { takeBack } from '../../lib/ledger/take-back.ts'
import { transaction } from '../../lib/postgres/transaction.ts'
import { rowsOf, selectRows, type Price } from './prices.ts'

/** The number of the batch, and the time of its position with microseconds. */
export type Commit = { number: number, at: string }

/**
 * Applies a batch and takes others back, in one commit with one position. Without prices it only takes back. `before` runs in the transaction
 * before its last statement.
 */
export async function commitBatch (
  sql: Sql, prices: Price[], takenBack: readonly number[] = [], before: (tx: Sql) => Promise<unknown> = async () => {}
): Promise<Commit> {
  const id = randomBytes(32).toString('hex')
  const number = await insertBatch(sql, id)
  await transaction(sql, async (tx, commit) => {
    await writePrices(tx, prices, number)
    for (const other of takenBack) await takeBack(tx, other)
    await before(tx)
    await commit(idempotencyRecord(id, prices.length, takenBack))
  })
  const [row] = await sql<[{ at: string }]>`select ${utc(sql, sql`applied_at`)} as at from applied_batches where batch_id = ${id}`
  return { number, at: row.at }
}

/** Applies a batch up to its COMMIT: it has its position. The returned function commits. */
export async function holdCommit (sql: Sql, prices: Price[]): Promise<() => Promise<void>> {
  const id = randomBytes(32).toString('hex')
  const number = await insertBatch(sql, id)
  const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const committing = transaction(sql, async tx => {
    await writePrices(tx, prices, number)
    await tx.unsafe(idempotencyRecord(id, prices.length))
    held.resolve()
    await released.promise
  })
  committing.catch(held.reject)
  await held.promise
  return async () => {
    released.resolve()
    await committing
  }
}

async function insertBatch (sql: Sql, id: string): Promise<number> {
  const [row] = await sql<[{ number: number }]>`
    insert into batches (id, provider, mode, state, format, digest, bytes, accepted_at)
    values (${id}, 'demo', 'apply', 'applied', 'csv', ${id}, 0, clock_timestamp()) returning number`
  return row.number
}

async function writePrices (tx: Sql, prices: Price[], number: number): Promise<void> {
  if (prices.length === 0) return
  const rows = rowsOf(prices, BigInt(number))
  await tx`insert into unmerged_prices (month, orig_code, dest_code, runs, days, cents) ${selectRows(tx, rows)}`
  for (const [month, lanes] of Map.groupBy(rows, ({ month }) => month)) {
    await tx`
      insert into batch_lanes (batch_number, month, orig_codes, dest_codes)
      values (${number}, ${month}, ${lanes.map(({ orig }) => orig).join('')}, ${lanes.map(({ dest }) => dest).join('')})`
  }
}

/** Formats a time in UTC with microseconds, as `as_of` accepts it. */
export function utc (sql: Sql, time: ReturnType<Sql>) {
  return sql`to_char((${time}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
}
