import type { Sql } from 'postgres'
import { command, CommandError } from '../command.ts'
import { maxRows, reading } from '../reading.ts'
import { table } from '../table.ts'

type Found = { id: string, provider: string, prices: number, lowest: string, highest: string }

/** Longest time to read the prices of one month, in milliseconds. */
const monthMs = 120_000
const month = { type: 'string', value: 'MONTH' } as const

export const findPrices = command({
  name: 'prices find',
  summary: 'Finds applied prices above a limit: for each month, the batches that have them, highest price first.',
  details: 'It reads the prices month by month, two minutes for a month at most, and shows at most 200 rows.',
  options: {
    above: { type: 'string', value: 'USD', summary: 'Prices above this one', required: true },
    from: { ...month, summary: 'First month, as 2021-01; without it the first that has prices' },
    to: { ...month, summary: 'Last month; without it the last that has prices' },
  },
  runs: 'task',
  async run ({ values: { above, from, to }, system }) {
    if (!/^\d{1,10}(\.\d{1,2})?$/.test(above)) throw new CommandError('--above is a price in USD, as 1000000 or 99.50.', 2)
    for (const [name, text] of [['from', from], ['to', to]] as const) {
      if (text !== undefined && !/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) throw new CommandError(`--${name} is a month, as 2021-01.`, 2)
    }
    const sql = (await system()).readOnly(monthMs)
    const rows: Array<Array<string | number>> = []
    for (const month of await monthsBetween(sql, from, to)) {
      for (const { id, provider, prices, lowest, highest } of await reading(pricesAbove(sql, month, above, maxRows + 1 - rows.length))) {
        rows.push([month.slice(0, 7), id, provider, prices, lowest, highest])
      }
      if (rows.length > maxRows) break
    }
    if (rows.length === 0) return console.log(`No price is above ${above} USD.`)
    console.log(table(['month', 'batch', 'provider', 'prices', 'lowest', 'highest'], rows.slice(0, maxRows)))
    if (rows.length > maxRows) console.log(`The first ${maxRows} are shown; there are more: --from ${String(rows[maxRows]![0])} shows those of that month and later.`)
  },
})

async function monthsBetween (sql: Sql, from = '0001-01', to = '9999-12'): Promise<string[]> {
  const months = await reading(sql<Array<{ month: string }>>`
    select month from price_months where month between ${`${from}-01`}::date and ${`${to}-01`}::date order by month`)
  return months.map(({ month }) => month)
}

async function pricesAbove (sql: Sql, month: string, above: string, most: number): Promise<Found[]> {
  return await sql<Found[]>`
    select batches.id, batches.provider, count(*) as prices, min(price)::text as lowest, max(price)::text as highest
    from prices join batches on batches.number = prices.batch_number
    where day >= ${month}::date and day < ${month}::date + interval '1 month' and price > ${above}::numeric
    group by batches.id, batches.provider order by max(price) desc, batches.id limit ${most}`
}
