import t from 'tap'
import { monthAhead } from '../../../lib/migrations/partitions.ts'
import { wrongClock } from '../../harness/clock.ts'
import { database } from '../../harness/database.ts'
import { runProcess } from '../../harness/process.ts'

t.test('a migrator that runs again on the first day of the next month creates the missing month, beside an open batch', async t => {
  const db = await database(t)
  const run = (aheadMs: number) => runProcess(t, 'migrate', {
    DATABASE_URL: db.url('migrator'), PRICES_FIRST_MONTH: monthAhead(0), PRICES_MONTHS_AHEAD: '2', ...wrongClock(aheadMs),
  })
  const months = async (): Promise<string[]> => (await db.migrator<Array<{ month: string }>>`
    select month::text from price_months where month >= ${monthAhead(0)} order by month`).map(({ month }) => month)

  const first = await run(0)
  t.equal(first.code, 0, first.output)
  t.same(await months(), [0, 1, 2].map(ahead => monthAhead(ahead)))

  const untilNextRunMs = Date.parse(monthAhead(1)) + 4 * 3_600_000 - Date.now()
  const second = await db.migrator.begin(async tx => {
    await tx`lock table prices in row exclusive mode` // as the COPY of a batch does
    return await run(untilNextRunMs)
  })
  t.equal(second.code, 0, second.output)
  t.same(await months(), [0, 1, 2, 3].map(ahead => monthAhead(ahead)), 'one more, and the earlier ones remain')
})
