import type { Sql } from 'postgres'
import t from 'tap'
import { loadReference } from '../../lib/reference/load.ts'
import { retireLocations } from '../../lib/reference/retire.ts'
import { database } from '../harness/database.ts'
import { holdLocks } from '../harness/lock.ts'
import { waitFor } from '../harness/wait.ts'

const ports = (...rows: string[]) => ['code,name,parent_slug,aliases', ...rows].join('\n')
const regions = (...rows: string[]) => ['slug,name,parent_slug', ...rows].join('\n')

t.test('each change of the reference data takes a position, and its history has what was valid before and after', async t => {
  const { migrator: sql } = await database(t)
  const trees = [await treeOf(sql)]
  const position = await positionOf(sql)
  const load = async (portsCsv: string | null, regionsCsv: string | null): Promise<void> => {
    await loadReference(sql, portsCsv, regionsCsv)
    trees.push(await treeOf(sql))
  }
  await load(ports('ZZAAA,First,new_child,', 'ZZAAB,Second,new_child,ZZAAC ZZAAD'), regions('new_child,Child,new_top', 'new_top,Top,'))
  await load(ports('ZZAAA,First,new_top,ZZAAD', 'ZZAAB,Second,new_child,ZZAAC'), null)
  await load(null, regions('new_child,Child,'))
  await load(ports('ZZAAB,Second,new_child,ZZAAA'), null)
  await load(ports('ZZAAA,First,new_child,'), null)
  await load(ports('ZZAAA,A name alone,new_child,'), null)
  await retireLocations(sql, ['ZZAAA'], 'retire', { name: 'test', reason: 'test' })
  trees.push(await treeOf(sql))

  const changes = await sql<Array<{ version: number, position: number }>>`select version, position from reference_changes order by version`
  t.same(changes.slice(-7).map(({ position }) => position), Array.from({ length: 7 }, (_, index) => position + 1 + index))
  t.same(await sql`select 1 from reference_changes as change join reference_changes as later on later.version > change.version and later.changed_at <= change.changed_at`, [])
  t.same(await sql`select changed_at = at as is_last from reference_changes cross join ledger_position order by version desc limit 1`, [{ is_last: true }])
  const versions = changes.slice(-trees.length).map(({ version }) => version)
  for (const [index, version] of versions.entries()) t.strictSame(await treeThen(sql, version), trees[index], `version ${version}`)
  t.same(await sql`select from_version from port_history where code = 'ZZAAA' order by 1`, [{ from_version: versions[1] }, { from_version: versions[2] }, { from_version: versions[5] }],
    'neither a name nor a retirement writes a row')
})

t.test('a change that is rolled back, and a load that changes nothing, take no position', async t => {
  const { migrator: sql } = await database(t)
  const before = [await positionOf(sql), ...await sql`select count(*) from reference_changes`]
  await loadReference(sql, ports('ZZAAA,First,baltic_main,'), null, { dryRun: true })
  await loadReference(sql, null, regions((await sql`select concat_ws(',', slug, '"' || name || '"', coalesce(parent_slug, '')) as line from regions limit 1`)[0]!.line as string))
  t.same([await positionOf(sql), ...await sql`select count(*) from reference_changes`], before)
  await sql`update reference_version set version = version` // another version is a change
  t.same([await positionOf(sql), ...await sql`select count(*) from reference_changes`], before)
})

t.test('an operator loads: the role needs no privilege on the history', async t => {
  const db = await database(t)
  const sql = db.open('ops')
  const before = await positionOf(db.migrator)
  await loadReference(sql, ports('ZZAAA,First,baltic_main,'), null)
  t.equal(await positionOf(db.migrator), before + 1)
  await t.rejects(sql`insert into port_history (code, parent_slug, from_version) values ('ZZAAA', 'x', 1)`, { code: '42501' })
  await t.rejects(sql`select record_reference_change()`, { code: '42501' })
})

t.test('a load waits for the commit of a batch only in its own COMMIT, and its differences are computed before', async t => {
  const db = await database(t)
  const { migrator: sql } = db
  const commitBatch = await holdLocks(sql, 'update ledger_position set position = position + 1, at = clock_timestamp() + interval \'1 hour\'')
  const loading = loadReference(db.open('ops'), ports('ZZAAA,First,baltic_main,'), null)
  const superuser = db.open('postgres') // sees the statements of all roles
  await waitFor(async () => (await waiting(superuser)).length === 1)
  t.match(await waiting(superuser), [{ query: /^commit/i, hasWritten: true }])
  await commitBatch()
  await loading
  t.same(await sql`select changed_at > now() + interval '50 minutes' as is_later from reference_changes order by version desc limit 1`, [{ is_later: true }],
    'the time is later than that of the batch')
})

async function waiting (sql: Sql): Promise<object[]> {
  return [...await sql`
    select query, exists (
      select from pg_locks where pg_locks.pid = activity.pid and relation = 'alias_history'::regclass and mode = 'RowExclusiveLock'
    ) as "hasWritten"
    from pg_stat_activity as activity where datname = current_database() and wait_event_type = 'Lock'`]
}

async function positionOf (sql: Sql): Promise<number> {
  return (await sql<[{ position: number }]>`select position from ledger_position`)[0].position
}

/** The parent of each region and port, and the port of each alias. */
async function treeOf (sql: Sql): Promise<string[]> {
  return await linesOf(sql, sql`
    select 'region', slug, parent_slug from regions union all select 'port', code, parent_slug from ports union all select 'alias', code, port_code from port_aliases`)
}

async function treeThen (sql: Sql, version: number): Promise<string[]> {
  const isValid = sql`from_version <= ${version} and coalesce(until_version > ${version}, true)`
  return await linesOf(sql, sql`
    select 'region', slug, parent_slug from region_history where ${isValid}
    union all select 'port', code, parent_slug from port_history where ${isValid}
    union all select 'alias', code, port_code from alias_history where ${isValid}`)
}

async function linesOf (sql: Sql, rows: ReturnType<Sql>): Promise<string[]> {
  const found = await sql`select concat_ws(' ', kind, code, parent) as line from (${rows}) as part (kind, code, parent)`
  return found.map(({ line }) => line as string).sort()
}
