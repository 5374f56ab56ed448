import t from 'tap'
import { openDatabase } from '../../../../lib/postgres/database.ts'
import { ops } from '../../../harness/ops.ts'
import { createDatabase, temporaryServer } from '../../../harness/server.ts'
import { standbyOf } from '../../../harness/standby.ts'
import { waitFor } from '../../../harness/wait.ts'

t.test('standbys and slots of a server, as the login of operators sees them', async t => {
  const server = await temporaryServer()
  t.teardown(() => server.remove())
  await createDatabase(server, 'freight', '2021-01-01', '2021-01-01')
  const run = (...args: string[]) => ops(args, { DATABASE_URL: server.url('ops', 'freight') })
  t.match(await run('db', 'replication'), { code: 0, stdout: 'No server streams from this one.\n' })
  t.match(await run('db', 'slots'), { code: 0, stdout: 'There are no replication slots.\n' })

  const superuser = openDatabase({ url: server.url('postgres', 'freight'), process: 'test', poolSize: 1 })
  t.teardown(() => superuser.end())
  const standby = await standbyOf(server)
  t.teardown(() => standby.remove())
  await waitFor(async () => (await superuser`select 1 from pg_stat_replication where state = 'streaming'`).length === 1)
  t.match(await run('db', 'replication'), { code: 0, stdout: /^\d+ +\S+ +127\.0\.0\.1 +streaming +async +\d/m })

  await superuser`select pg_create_physical_replication_slot('forgotten', true)`
  await superuser`select pg_switch_wal()`
  t.match(await run('db', 'slots'), { code: 0, stdout: /^forgotten +physical +no +– +reserved +[\d.]+ (B|KiB|MiB) /m })
  await superuser`select pg_drop_replication_slot('forgotten')`
})
