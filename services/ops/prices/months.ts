import { command } from '../command.ts'
import { readOnlyQuery } from '../read-only.ts'

type Months = { first: string | null, last: string | null, months: number, left: number, missing: string[] }

export const showMonths = command({
  name: 'prices months',
  summary: 'Shows the months for which prices are accepted, and how many are left after the current one.',
  options: {},
  runs: 'task',
  async run ({ system }) {
    const sql = (await system()).readOnly()
    const [{ first, last, months, left, missing }] = await readOnlyQuery(sql<[Months]>`
      select to_char(min(month), 'YYYY-MM') as first, to_char(max(month), 'YYYY-MM') as last, count(*) as months,
        count(*) filter (where month > current_date) as left,
        array(
          select to_char(wanted, 'YYYY-MM') from generate_series((select min(month) from price_months), (select max(month) from price_months), interval '1 month') as wanted
          where wanted::date not in (select month from price_months) order by wanted limit 200
        ) as missing
      from price_months`)
    console.log(first === null ? 'There are no months: no prices are accepted.' : `${first} to ${last}: ${months} months, ${left} after the current one`)
    if (missing.length > 0) console.log(`missing months: ${missing.join(', ')}`)
  },
})
