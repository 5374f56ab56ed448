import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { countConnections, openDatabase } from '../../../lib/postgres/database.ts'
import { commits } from '../../harness/call-labels.ts'
import { database } from '../../harness/database.ts'
import { patience } from '../../harness/patience.ts'
import { tcpProxy } from '../../harness/tcp-proxy.ts'
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

t.test('a password that cannot be made fails its query, and the next query connects', async t => {
  const url = (await database(t)).url('migrator')
  const passwords = [
    () => Promise.reject(new Error('no credentials')),
    async () => new URL(url).password,
  ]
  const sql = openDatabase({ url, process: 'test', poolSize: 1, passwords: () => passwords.shift()!() })
  t.teardown(() => sql.end({ timeout: 1 }))
  await t.rejects(sql`select 1`, { message: 'no credentials' })
  t.same(await sql`select 1 as one`, [{ one: 1 }])
})

t.test('a pool connects at once when the server accepts connections again, after any number of failures', async t => {
  const url = new URL((await database(t)).url('migrator'))
  const proxy = await tcpProxy(Number(url.port), commits)
  t.teardown(() => proxy.close())
  url.port = String(proxy.port)
  const sql = openDatabase({ url: url.href, process: 'test', poolSize: 1 })
  t.teardown(() => sql.end({ timeout: 1 }))
  proxy.refuse(true)
  const startedAt = performance.now()
  for (let failures = 0; failures < 10; failures++) await t.rejects(sql`select 1`, { code: 'ECONNRESET' })
  proxy.refuse(false)
  t.same(await sql`select 1 as one`, [{ one: 1 }])
  const ms = performance.now() - startedAt
  t.ok(ms < 15_000 * patience, `${ms} ms: the pauses do not grow`)
})

t.test('the count of open connections follows a pool', async t => {
  const sql = openDatabase({ url: (await database(t)).url('migrator'), process: 'test', poolSize: 1 })
  const before = countConnections()
  await sql`select 1`
  t.equal(countConnections(), before + 1)
  await sql.end()
  t.equal(countConnections(), before)
})
