import t from 'tap'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { database } from '../../harness/database.ts'
import { tcpProxy } from '../../harness/tcp-proxy.ts'

t.test('arrays keep every element in both directions', async t => {
  const sql = openDatabase({ url: (await database(t)).url('migrator'), process: 'test', poolSize: 1 })
  t.teardown(() => sql.end({ timeout: 1 }))
  const texts = ['', 'a', 'NULL', null, 'a,b', '{c}', 'say "d"', 'e\\f', ' ', 'two\nlines', 'Å']
  t.same((await sql`select ${texts as string[]}::text[] as value`)[0]!.value, texts)
  t.same((await sql`select '{}'::text[] as empty, array[1, null, -2] as int, array[9223372036854775807, 0] as bigint,
    array[0.10, 12345678901234567890.5] as numeric, array['2021-01-05'::date, null] as date`)[0], {
    empty: [], int: [1, null, -2], bigint: ['9223372036854775807', '0'], numeric: ['0.10', '12345678901234567890.5'], date: ['2021-01-05', null],
  })
})

t.test('a new connection sends no query of its own', async t => {
  const url = new URL((await database(t)).url('migrator'))
  let sent = ''
  const proxy = await tcpProxy(Number(url.port), () => chunk => {
    sent += chunk.toString('latin1')
    return []
  })
  t.teardown(() => proxy.close())
  url.port = String(proxy.port)
  const sql = openDatabase({ url: url.href, process: 'test', poolSize: 1 })
  t.teardown(() => sql.end({ timeout: 1 }))
  await sql`select 'mine' as query`
  t.match(sent, /select 'mine' as query/)
  t.notMatch(sent, /pg_type/)
})
