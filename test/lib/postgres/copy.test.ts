import type { Sql } from 'postgres'
import t, { type Test } from 'tap'
import { copy } from '../../../lib/postgres/copy.ts'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'
import { database } from '../../harness/database.ts'

/** The begin of binary COPY data: signature, flags, length of the extension. */
const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
const trailer = Buffer.from([0xff, 0xff])

async function notes (t: Test): Promise<{ sql: Sql, copyNotes: (tx: Sql, data: Iterable<Buffer>) => Promise<void>, count: () => Promise<number> }> {
  const db = await database(t)
  await db.migrator`create table notes (note text)`
  const sql = openDatabase({ url: db.url('migrator'), process: 'test', poolSize: 1 })
  t.teardown(() => sql.end({ timeout: 1 }))
  return {
    sql,
    copyNotes: (tx, data) => copy(tx, tx`copy notes (note) from stdin (format binary)`, data),
    count: async () => (await sql<[{ count: number }]>`select count(*)::int as count from notes`)[0].count,
  }
}

/** A binary tuple of one column. */
function tuple (text: string): Buffer {
  const head = Buffer.from([0, 1, 0, 0, 0, text.length])
  return Buffer.concat([head, Buffer.from(text)])
}

t.test('data that the server takes is committed', async t => {
  const { sql, copyNotes, count } = await notes(t)
  await transaction(sql, tx => copyNotes(tx, [header, tuple('one'), tuple('two'), trailer]))
  t.equal(await count(), 2)
})

t.test('an error at the end of a COPY is reported with its own SQLSTATE, and the transaction is rolled back', async t => {
  const { sql, copyNotes, count } = await notes(t)
  const failure = transaction(sql, async tx => {
    await tx`insert into notes values ('rolled back')`
    await copyNotes(tx, [header.subarray(0, 15)]) // The server waits for the rest of the header until the client ends the data.
  })
  await t.rejects(failure, { code: '22P04' })
  t.equal(await count(), 0)
})

t.test('an error during a COPY ends it', async t => {
  const { sql, copyNotes, count } = await notes(t)
  await t.rejects(transaction(sql, async tx => {
    await tx`insert into notes values ('rolled back')`
    await copyNotes(tx, endless())
  }), { code: '22P04' })
  t.equal(await count(), 0)

  function * endless (): Generator<Buffer> {
    for (;;) yield Buffer.alloc(65_536)
  }
})

t.test('an error of the data cancels the COPY and reaches the caller', async t => {
  const { sql, copyNotes, count } = await notes(t)
  await t.rejects(transaction(sql, tx => copyNotes(tx, failing())), { message: 'no more data' })
  t.equal(await count(), 0)

  function * failing (): Generator<Buffer> {
    yield Buffer.concat([header, tuple('rolled back')])
    throw new Error('no more data')
  }
})
