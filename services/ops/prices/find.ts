import type { Sql } from 'postgres'
import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { maxRows, readOnlyQuery } from '../read-only.ts'
import { table } from '../table.ts'

type Found = { id: string, provider: string, prices: number, lowest: string, highest: string }

/** Statement timeout for the prices of one month, in ms. */
const monthMs = 120_000
const month = { type: 'string', value: 'MONTH' } as const

/** The last batch of a page. The next page begins after it. */
type Position = { month: string, highest: string, id: string }

export const findPrices = command({
  name: 'prices find',
  summary: 'Finds applied prices above a limit: for each month, the batches with such prices, highest price first.',
  details: `The command reads the prices month by month, with a limit of two minutes per month. A page has at most ${maxRows} rows. If there are more, the last line is the command for the next page.`,
  options: {
    above: { type: 'string', value: 'USD', summary: 'Finds prices above this one', required: true },
    from: { ...month, summary: 'First month, as 2021-01; by default the first month with prices' },
    to: { ...month, summary: 'Last month; by default the last month with prices' },
    after: { type: 'string', value: 'POSITION', summary: 'Continues a list, with the position from its last line; replaces --from' },
  },
  runs: 'task',
  async run ({ values: { above, from, to, after }, system }) {
    if (!/^\d{1,10}(\.\d{1,2})?$/.test(above)) throw new CommandError('--above must be a price in USD, as 1000000 or 99.50.', 2)
    for (const [name, text] of [['from', from], ['to', to]] as const) {
      if (text !== undefined && !/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) throw new CommandError(`--${name} must be a month, as 2021-01.`, 2)
    }
    if (from !== undefined && to !== undefined && from > to) throw new CommandError('--from is after --to.', 2)
    if (after !== undefined && from !== undefined) throw new CommandError('--after and --from exclude each other: both set where the list begins.', 2)
    const start = after === undefined ? undefined : readPosition(after)
    const sql = (await system()).readOnly(monthMs)
    const found: Array<Found & { month: string }> = []
    for (const day of await monthsBetween(sql, start?.month ?? from, to)) {
      const month = day.slice(0, 7)
      const position = month === start?.month ? start : undefined
      const batches = await readOnlyQuery(pricesAbove(sql, day, above, maxRows + 1 - found.length, position))
      found.push(...batches.map(batch => ({ month, ...batch })))
      if (found.length > maxRows) break
    }
    if (found.length === 0) return console.log(`No ${start ? 'other ' : ''}price is above ${above} USD.`)
    const shown = found.slice(0, maxRows)
    console.log(table(['month', 'batch', 'provider', 'prices', 'lowest', 'highest'],
      shown.map(({ month, id, provider, prices, lowest, highest }) => [month, id, provider, prices, lowest, highest])))
    if (found.length > maxRows) {
      const next = ['--above', above, ...(to === undefined ? [] : ['--to', to]), '--after', writePosition(shown.at(-1)!)]
      console.log(`The first ${maxRows} are shown. The next page, with the same --stack if one was given:\nnpm run ops -- prices find ${next.join(' ')}`)
    }
  },
})

const writePosition = ({ month, highest, id }: Position): string => [month, highest, id].join('/')

function readPosition (text: string): Position {
  const [, month, highest, id] = /^(\d{4}-(?:0[1-9]|1[0-2]))\/(\d{1,10}\.\d{2})\/([0-9a-f]{64})$/.exec(text) ?? []
  if (id === undefined) throw new CommandError('--after must be the position from the last line of a page: MONTH/PRICE/ID.', 2)
  return { month: month!, highest: highest!, id }
}

async function monthsBetween (sql: Sql, from = '0001-01', to = '9999-12'): Promise<string[]> {
  const months = await readOnlyQuery(sql<Array<{ month: string }>>`
    select month from price_months where month between ${`${from}-01`}::date and ${`${to}-01`}::date order by month`)
  return months.map(({ month }) => month)
}

/**
 * Returns the batches with such prices in a month, highest price first, after the position `after`. The condition on `month` selects rows of the
 * ledger.
 */
async function pricesAbove (sql: Sql, month: string, above: string, max: number, after?: Position): Promise<Found[]> {
  return await sql<Found[]>`
    select batches.id, batches.provider, count(*) as prices, min(price)::text as lowest, max(price)::text as highest
    from all_prices join batches on batches.number = all_prices.batch_number
    where kind = 0 and month = ${month}::date and price > ${above}::numeric
    group by batches.id, batches.provider
    ${after ? sql`having max(price) < ${after.highest}::numeric or (max(price) = ${after.highest}::numeric and batches.id > ${after.id})` : sql``}
    order by max(price) desc, batches.id limit ${max}`
}
