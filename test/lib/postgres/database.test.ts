import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { waitFor } from '../../harness/wait.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** The failure of a question to a database that is away, in a pool that is thrown away for it, as the rates API does. */
async function failure (): Promise<WeakRef<object>> {
  const sql = openDatabase({ url: 'postgres://somebody:something@127.0.0.1:1/nothing', process: 'test', poolSize: 1 })
  const error = await sql`select 1`.catch((error: unknown) => error as object)
  await sql.end({ timeout: 0 })
  return new WeakRef(error as object)
}

t.test('nothing stays of queries while the database was unavailable', async t => {
  const failures: Array<WeakRef<object>> = []
  for (let each = 0; each < 20; each++) failures.push(await failure())
  const left = (): number => failures.filter(each => each.deref()).length
  await waitFor(() => {
    collectGarbage()
    return left() <= 1
  })
  t.ok(left() <= 1, 'but of the last, until another comes')
})
