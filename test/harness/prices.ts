import type { Sql } from 'postgres'

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

/** Writes prices to the ledger and the read model with the worker's own functions. */
export async function load (sql: Sql, prices: Price[]): Promise<void> {
  const months = new Map<string, { lane: [string, string], month: string, counts: number[], cents: bigint[] }>()
  for (const { orig, dest, day, cents } of prices) {
    const month = `${day.slice(0, 7)}-01`
    const key = `${orig} ${dest} ${month}`
    const totals = months.get(key) ?? { lane: [orig, dest], month, counts: Array(31).fill(0), cents: Array(31).fill(0n) }
    months.set(key, totals)
    const at = Number(day.slice(8)) - 1
    totals.counts[at]!++
    totals.cents[at]! += cents
  }
  const all = [...months.values()]
  await sql`
    insert into prices (orig_code, dest_code, day, price, batch_number)
    select orig_code, dest_code, day, cents / 100.0, 1
    from unnest(
      ${prices.map(({ orig }) => orig)}::text[], ${prices.map(({ dest }) => dest)}::text[],
      ${prices.map(({ day }) => day)}::date[], ${prices.map(({ cents }) => String(cents))}::numeric[]
    ) as price (orig_code, dest_code, day, cents)`
  await sql`
    insert into lane_months (orig_code, dest_code, month, counts, cents)
    select orig_code, dest_code, month, counts::int[], cents::bigint[]
    from unnest(
      ${all.map(({ lane: [orig] }) => orig)}::text[], ${all.map(({ lane: [, dest] }) => dest)}::text[], ${all.map(({ month }) => month)}::date[],
      ${all.map(({ counts }) => `{${counts.join()}}`)}::text[], ${all.map(({ cents }) => `{${cents.join()}}`)}::text[]
    ) as lane (orig_code, dest_code, month, counts, cents)`
}
