import type { Sql } from 'postgres'
import { addSums } from '../../lib/ledger/merge/add-sums.ts'
import { addRow, emptySums, encodeRun, MAX_NARROW_CENTS, type DaySums, type LedgerRow } from '../../lib/ledger/row.ts'
import { transaction } from '../../lib/postgres/transaction.ts'

/** A price in cents, so that the test's own sums are exact. */
export type Price = { orig: string, dest: string, day: string, cents: bigint }

/** Parses prices from lines such as `CNGGZ EETLL 2021-01-31: 1118 1191.5`: one day of one lane each. */
export function prices (...lines: string[]): Price[] {
  return lines.flatMap(line => {
    const [, orig, dest, day, list] = /^(\w+) (\w+) ([\d-]+): (.*)$/.exec(line)!
    return list!.split(' ').map(text => ({ orig: orig!, dest: dest!, day: day!, cents: toCents(text) }))
  })
}

export function toCents (dollars: string | number): bigint {
  const [dollarPart, part = ''] = String(dollars).split('.')
  return BigInt(dollarPart! + part.padEnd(2, '0'))
}

/** Writes prices as one batch does: unmerged rows and the next position. Returns the number of the batch. By default `batches` has no row of it. */
export async function load (sql: Sql, prices: Price[], number?: number): Promise<bigint> {
  const batchNumber = number === undefined ? await nextBatchNumber(sql) : BigInt(number)
  await insertUnmerged(sql, rowsOf(prices, batchNumber))
  return batchNumber
}

/** Takes back a batch with these prices. */
export async function takeBack (sql: Sql, batchNumber: bigint, prices: Price[]): Promise<void> {
  await sql.begin(async tx => {
    await insertUnmerged(tx as unknown as Sql, rowsOf(prices, batchNumber, -1))
    await tx`insert into withdrawn_batches select ${String(batchNumber)}::bigint, position, clock_timestamp() from ledger_position`
  })
}

/** Writes prices as merging leaves them: merged rows, and a row of sums for each lane and month. */
export async function loadMerged (sql: Sql, prices: Price[]): Promise<bigint> {
  const batchNumber = await nextBatchNumber(sql)
  const rows = rowsOf(prices, batchNumber)
  await transaction(sql, async tx => {
    await tx`insert into merged_prices (month, orig_code, dest_code, runs, days, cents) ${selectRows(sql, rows)}`
    await tx`update ledger_position set position = position + 1`
    for (const [month, ofMonth] of Map.groupBy(rows, ({ month }) => month)) {
      await addSums(tx, { kind: 0, month }, ofMonth.map(row => ({ ...row, ...sumsOf(row) })))
    }
  })
  return batchNumber
}

/** Writes prices as a release before the switch does: `prices`, and sums in `lane_months` or, as for a lane at its limit, `full_lane_months`. */
export async function loadOld (sql: Sql, prices: Price[], sums: 'lane_months' | 'full_lane_months' = 'lane_months'): Promise<void> {
  const batchNumber = await nextBatchNumber(sql)
  await sql`
    insert into prices (orig_code, dest_code, day, price, batch_number)
    select orig_code, dest_code, day, cents / 100.0, ${String(batchNumber)}::bigint
    from unnest(
      ${prices.map(({ orig }) => orig)}::text[], ${prices.map(({ dest }) => dest)}::text[],
      ${prices.map(({ day }) => day)}::date[], ${prices.map(({ cents }) => String(cents))}::numeric[]
    ) as price (orig_code, dest_code, day, cents)`
  await sql`insert into ${sql(sums)} (month, orig_code, dest_code, counts, cents) ${selectSums(sql, rowsOf(prices, batchNumber))}`
}

/** A row of the ledger with its key. */
export type LaneRow = LedgerRow & { month: string, orig: string, dest: string }

/** Returns one row for each lane and month. */
export function rowsOf (prices: Price[], batchNumber: bigint, sign: 1 | -1 = 1): LaneRow[] {
  const lanes = Map.groupBy(prices, ({ orig, dest, day }) => `${day.slice(0, 7)}-01 ${orig} ${dest}`)
  return [...lanes].map(([lane, prices]) => {
    const [month, orig, dest] = lane.split(' ') as [string, string, string]
    const isWide = prices.some(({ cents }) => cents > MAX_NARROW_CENTS)
    const cents = Buffer.alloc(prices.length * (isWide ? 8 : 4))
    prices.forEach((price, at) => isWide ? cents.writeBigInt64BE(price.cents, at * 8) : cents.writeInt32BE(Number(price.cents), at * 4))
    const days = Buffer.from(prices.map(({ day }) => Number(day.slice(8))))
    return { month, orig, dest, runs: encodeRun(batchNumber, prices.length, sign), days, cents }
  })
}

async function nextBatchNumber (sql: Sql): Promise<bigint> {
  const [row] = await sql`select nextval(pg_get_serial_sequence('batches', 'number')) as number`
  return BigInt(row!.number as number)
}

async function insertUnmerged (sql: Sql, rows: LaneRow[]): Promise<void> {
  await sql`
    with unmerged as (insert into unmerged_prices (month, orig_code, dest_code, runs, days, cents) ${selectRows(sql, rows)})
    update ledger_position set position = position + 1, at = greatest(clock_timestamp(), at + interval '1 microsecond')`
}

/** Selects the rows as `insert into … (month, orig_code, dest_code, runs, days, cents)` expects them. */
export function selectRows (sql: Sql, rows: LaneRow[]) {
  const hex = (column: 'runs' | 'days' | 'cents') => rows.map(row => row[column].toString('hex'))
  return sql`
    select month, orig, dest, decode(runs, 'hex'), decode(days, 'hex'), decode(cents, 'hex')
    from unnest(
      ${rows.map(({ month }) => month)}::date[], ${rows.map(({ orig }) => orig)}::text[], ${rows.map(({ dest }) => dest)}::text[],
      ${hex('runs')}::text[], ${hex('days')}::text[], ${hex('cents')}::text[]
    ) as row (month, orig, dest, runs, days, cents)`
}

function sumsOf (row: LedgerRow): DaySums {
  const sums = emptySums()
  addRow(sums, row)
  return sums
}

function selectSums (sql: Sql, rows: LaneRow[]) {
  const sums = rows.map(sumsOf)
  const arrays = (column: keyof DaySums) => sums.map(row => `{${row[column].join()}}`)
  return sql`
    select month, orig, dest, counts::int[], cents::bigint[]
    from unnest(
      ${rows.map(({ month }) => month)}::date[], ${rows.map(({ orig }) => orig)}::text[], ${rows.map(({ dest }) => dest)}::text[],
      ${arrays('counts')}::text[], ${arrays('cents')}::text[]
    ) as row (month, orig, dest, counts, cents)`
}
