import t from 'tap'
import { checks, Config } from '../../../services/migrate/config.ts'
import { monthAhead } from '../../../lib/migrations/partitions.ts'
import { InvalidConfig, readConfig } from '../../../lib/process/config.ts'

/** Returns the variables that are refused for this first month. */
function refused (month: string): string[] {
  try {
    readConfig(Config, { DATABASE_URL: 'postgres://migrator:x@localhost/freight', PRICES_FIRST_MONTH: month }, ...checks)
    return []
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error
    return error.problems.map(problem => problem.split(' ')[0]!)
  }
}

t.test('the first month exists, and is not after the current month', async t => {
  for (const month of ['1900-01-01', '2015-01-01', '2020-12-01', monthAhead(0)]) t.same(refused(month), [], month)
  for (const month of ['2015-13-01', '2015-00-01', '2015-01-02', '0000-01-01', '2015-1-1', monthAhead(1), '2099-12-01']) t.same(refused(month), ['PRICES_FIRST_MONTH'], month)
})
