import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { waitFor } from '../../harness/wait.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Resolves with the failure of a query to an unavailable database, in a pool that is then discarded, as in the rates API. */
async function failure (): Promise<WeakRef<object>> {
  const sql = openDatabase({ url: 'postgres://somebody:something@127.0.0.1:1/nothing', process: 'test', poolSize: 1 })
  const error = await sql`select 1`.catch((error: unknown) => error as object)
  await sql.end({ timeout: 0 })
  return new WeakRef(error as object)
}

t.test('no query stays in memory after the database was unavailable', async t => {
  const failures: Array<WeakRef<object>> = []
  for (let each = 0; each < 20; each++) failures.push(await failure())
  const left = (): number => failures.filter(each => each.deref()).length
  await waitFor(() => {
    collectGarbage()
    return left() <= 1
  })
  t.ok(left() <= 1, 'except the last one, until the next query')
})
