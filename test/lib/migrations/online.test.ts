import type { Sql } from 'postgres'
import t from 'tap'
import { findDuplicate } from '../../../services/ingestion-worker/apply/duplicate/duplicate.ts'
import type { Manifest } from '../../../lib/batch/batch.ts'
import { countUnfinished } from '../../../lib/batch/unfinished.ts'
import { readMigrations } from '../../../lib/migrations/migrations.ts'
import { statementsOf } from '../../../lib/migrations/online.ts'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'
import { database } from '../../harness/database.ts'

t.test('an index on a table of an earlier migration is built without a transaction', t => {
  const blocking = readMigrations().filter(({ number }) => number > 4).flatMap(({ name, text, statements }) => {
    const created = [...text.matchAll(/^create table (\w+)/gm)].map(([, table]) => table)
    const indexed = [...text.matchAll(/^create (?:unique )?index (?!concurrently)\w+ on (\w+)/gm)].map(([, table]) => table)
    return indexed.filter(table => statements !== undefined || !created.includes(table)).map(table => `${name}: ${table}`)
  })
  t.same(blocking, [])
  t.end()
})

t.test('a statement that cannot be repeated needs a transaction', t => {
  t.same(statementsOf('--! no transaction\n-- a comment; with a semicolon\ncreate index concurrently i\n  on t (a); alter table t validate constraint c;\n', 'f.sql'),
    ['create index concurrently i on t (a)', 'alter table t validate constraint c'])
  for (const statement of ['create index i on t (a)', 'update t set a = 1', 'drop index concurrently i', 'alter table t add column b text', 'create index concurrently on t (a)']) {
    t.throws(() => statementsOf(`--! no transaction\n${statement};`, 'f.sql'), /f\.sql/, statement)
  }
  t.end()
})

t.test('the search for a duplicate and the count of unfinished batches each read an index', async t => {
  const db = await database(t)
  await db.migrator`
    insert into batches (id, provider, mode, state, format, digest, content_digest, name_kind, bytes, decoded_bytes, accepted_at, finished_at, row_count)
    select id, 'demo', 'apply', case when n <= 100 then 'queued' else 'applied' end, 'csv', id,
      case when n <= 100 then null when n % 10 = 0 then translate(id, '0123456789', '1234567890') else id end, case when n % 3 = 0 then 'key' else 'upload' end,
      1, 1, now(), now(), n
    from generate_series(1, 20000) as n, encode(sha256(n::text::bytea), 'hex') as id`
  await db.migrator`vacuum analyze batches`
  const worker = openDatabase({ url: db.url('ingestion_worker'), process: 'test', poolSize: 1 })
  t.teardown(() => worker.end())
  const digestOf = async (n: number): Promise<string> => (await db.migrator`select encode(sha256(${String(n)}::bytea), 'hex') as digest`)[0]!.digest as string
  const duplicateOf = async (content: string, payload: string): Promise<string | null> => (await transaction(worker, tx => findDuplicate(
    tx, { id: 'f'.repeat(64), provider: 'demo', name: { kind: 'upload', value: 'x' }, format: 'csv', digest: payload } as Manifest, { digest: content, rows: 1 })))?.value ?? null
  const [plain, keyed, packed, none] = [await digestOf(1_001), await digestOf(1_002), await digestOf(1_010), 'a'.repeat(64)]
  const packedContent = (await db.migrator`select content_digest as digest from batches where id = ${packed}`)[0]!.digest as string
  await t.test('duplicates', async t => {
    t.same(await read(worker, async () => {
      t.equal(await duplicateOf(plain, plain), plain)
      t.equal(await duplicateOf(plain, none), plain, 'a compressed upload of the content')
      t.equal(await duplicateOf(packedContent, packedContent), packed, 'the content of a compressed upload')
      t.equal(await duplicateOf(packedContent, packed), packed, 'the compressed upload itself')
      t.equal(await duplicateOf(keyed, keyed), null)
      t.equal(await duplicateOf(none, none), null)
    }), ['batches_of_content', 'batches_of_digest', 'batches_of_unread_content', 'batches_withdrawn'])
  })
  await t.test('unfinished', async t => {
    t.same(await read(worker, async () => { t.equal((await countUnfinished(worker, 'demo', [plain])).unfinished, 100) }), ['batches_pkey', 'batches_unfinished'])
  })
})

/** Returns the indexes of `batches` that `work` reads, each at least once, and asserts that no scan reads the table. */
async function read (sql: Sql, work: () => Promise<void>): Promise<string[]> {
  const scans = async (): Promise<Map<string, number>> => {
    await sql`select pg_stat_force_next_flush()`
    await sql`select 1`
    const rows = await sql<Array<{ name: string, scans: number }>>`
      select indexrelname as name, idx_scan as scans from pg_stat_user_indexes where relname = 'batches'
      union all select 'the table', seq_scan from pg_stat_user_tables where relname = 'batches'`
    return new Map(rows.map(({ name, scans }) => [name, scans]))
  }
  const before = await scans()
  await work()
  return [...await scans()].filter(([name, count]) => count > before.get(name)!).map(([name]) => name).sort()
}
