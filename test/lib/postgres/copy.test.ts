import { setImmediate as eventLoop } from 'node:timers/promises'
import type { Sql } from 'postgres'
import t, { type Test } from 'tap'
import { startCopy, type Copy } from '../../../lib/postgres/copy.ts'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'
import { database } from '../../harness/database.ts'

/** The begin of binary COPY data: signature, flags, length of the extension. */
const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
const trailer = Buffer.from([0xff, 0xff])

async function notes (t: Test): Promise<{ sql: Sql, copy: (tx: Sql) => Promise<Copy>, count: () => Promise<number> }> {
  const db = await database(t)
  await db.migrator`create table notes (note text)`
  const sql = openDatabase({ url: db.url('migrator'), process: 'test', poolSize: 1 })
  t.teardown(() => sql.end({ timeout: 1 }))
  return {
    sql,
    copy: tx => startCopy(tx, tx`copy notes (note) from stdin (format binary)`),
    count: async () => (await sql<[{ count: number }]>`select count(*)::int as count from notes`)[0].count,
  }
}

/** A binary tuple of one column. */
function tuple (text: string): Buffer {
  const head = Buffer.from([0, 1, 0, 0, 0, text.length])
  return Buffer.concat([head, Buffer.from(text)])
}

t.test('data that the server takes is committed', async t => {
  const { sql, copy, count } = await notes(t)
  await transaction(sql, async tx => {
    const running = await copy(tx)
    for (const data of [header, tuple('one'), tuple('two'), trailer]) await running.write(data)
    await running.end()
  })
  t.equal(await count(), 2)
})

t.test('an error at the end of a COPY is reported with its own SQLSTATE, and the transaction is rolled back', async t => {
  const { sql, copy, count } = await notes(t)
  const failure = transaction(sql, async tx => {
    await tx`insert into notes values ('rolled back')`
    const running = await copy(tx)
    await running.write(header.subarray(0, 15)) // The server waits for the rest of the header until the client ends the data.
    await running.end()
  })
  await t.rejects(failure, { code: '22P04' })
  t.equal(await count(), 0)
})

t.test('an error during a COPY rejects a write', async t => {
  const { sql, copy, count } = await notes(t)
  await t.rejects(transaction(sql, async tx => {
    await tx`insert into notes values ('rolled back')`
    const running = await copy(tx)
    for (;;) {
      await running.write(Buffer.alloc(65_536))
      // While the server discards data as fast as it comes, no write waits: the event loop would never read the server's error.
      await eventLoop()
    }
  }), { code: '22P04' })
  t.equal(await count(), 0)
})

t.test('a COPY that the client cancels leaves the caller its own error', async t => {
  const { sql, copy, count } = await notes(t)
  await t.rejects(transaction(sql, async tx => {
    const running = await copy(tx)
    await running.write(header)
    await running.write(tuple('rolled back'))
    await running.abort()
    throw new Error('a bad row')
  }), { message: 'a bad row' })
  t.equal(await count(), 0)
})
