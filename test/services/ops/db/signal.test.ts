import type { Sql } from 'postgres'
import t from 'tap'
import { findSession, recordSignal, sendSignal } from '../../../../services/ops/db/signal.ts'
import { bounded, maxRows, readOnlyQuery, size } from '../../../../services/ops/read-only.ts'
import { openSystem } from '../../../../services/ops/system.ts'
import { transaction } from '../../../../lib/postgres/transaction.ts'
import { database, type Login } from '../../../harness/database.ts'
import { ops } from '../../../harness/ops.ts'
import { waitFor } from '../../../harness/wait.ts'

const services: Login[] = ['rates_api', 'ingestion_api', 'ingestion_worker', 'migrator']

/** Starts a statement that runs until it is cancelled. Resolves with the pid of its session. `ended` has the code of its error. */
async function running (sql: Sql, statement = 'select pg_sleep(600)'): Promise<{ pid: number, outcome: Promise<string> }> {
  const begun = Promise.withResolvers<number>()
  const outcome = transaction(sql, async tx => {
    await tx`set local statement_timeout = 0`
    const [{ pid }] = await tx<[{ pid: number }]>`select pg_backend_pid() as pid`
    begun.resolve(pid)
    await tx.unsafe(statement)
  }).then(() => 'none', (error: { code: string }) => error.code)
  const pid = await begun.promise
  await waitFor(async () => (await sql`select 1 from pg_stat_activity where pid = ${pid} and query = ${statement}`).length === 1)
  return { pid, outcome }
}

t.test('the login of operators: 42501 for everything that no command needs', async t => {
  const sql = (await database(t)).open('ops')
  for (const statement of [
    'drop table batches', 'alter table batches add column x int', 'create index on batches (digest)', 'create table x ()', 'create schema x', 'create temporary table x ()',
    'create extension pg_stat_statements', 'truncate merged_prices', 'update merged_prices set days = days', 'update merged_sums set counts = counts', 'delete from batches',
    'update batches set digest = digest', 'delete from applied_batches',
    'delete from dead_letter_actions', 'update dead_letter_actions set actor = \'x\'', 'delete from session_signals', 'update session_signals set actor = \'x\'',
    'select receipt from parked_messages', 'delete from parked_messages', 'delete from ports', 'update worker_rules set release = \'x\'', 'delete from schema_migrations',
    'select * from pg_authid', 'select pg_read_file(\'PG_VERSION\')', 'copy batches to program \'true\'', 'create role x', 'alter role ops superuser',
    'grant operators to rates_api', 'set role migrator', 'alter system set work_mem = \'1MB\'', 'select pg_reload_conf()', 'select pg_drop_replication_slot(\'x\')',
  ]) await t.rejects(sql.unsafe(statement), { code: '42501' }, statement)
})

t.test('a read-only session refuses writes, and cancels long statements and waits', async t => {
  const db = await database(t)
  const system = openSystem({ DATABASE_URL: db.url('ops') })
  t.teardown(() => system.close())
  await t.rejects(system.readOnly()`insert into session_signals (signal, pid, actor, reason) values ('cancel', 1, 'x', 'x')`, { code: '25006' })
  t.match(await system.readOnly()`select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock`, [{ statement: '15s', lock: '3s' }])
})

t.test('a statement that reaches its limit is cancelled, and the command names the next command', async t => {
  const db = await database(t)
  const system = openSystem({ DATABASE_URL: db.url('ops') })
  t.teardown(() => system.close())
  const sql = system.readOnly(100)
  await t.rejects(readOnlyQuery(sql`select pg_sleep(600)`), { exitCode: 1, cause: { code: '57014' } })
  t.match(await sql`select 1 as one`, [{ one: 1 }], 'the session is still open')

  // The command's own limit is 15 s: the months come from a view that takes longer.
  await db.migrator.unsafe(`
    alter table price_months rename to months_of_prices;
    create view price_months as select month from months_of_prices, pg_sleep(600);
    grant select on price_months to operators`).simple()
  const run = await ops(['prices', 'months'], { DATABASE_URL: db.url('ops') })
  t.match(run, { code: 1, stdout: '', stderr: '`npm run ops -- db activity`' })
})

t.test('sessions of every service are listed and cancelled, and the audit records it', async t => {
  const db = await database(t)
  const run = (...args: string[]) => ops(args, { DATABASE_URL: db.url('ops') })
  for (const login of services) {
    const { pid, outcome } = await running(db.open(login))
    t.match(await run('db', 'activity'), { code: 0, stdout: new RegExp(`^${pid} +test-${login}@\\S+ +${login} .*select pg_sleep\\(600\\)$`, 'm') })
    t.match(await run('db', 'cancel', String(pid), '--why', `test of ${login}`, '--by', 'me'), { code: 0, stdout: new RegExp(`^cancelled PID ${pid} \\(test-${login}@`) })
    t.equal(await outcome, '57014', login)
  }
  t.match(await db.migrator`select signal, usename, state, statement, actor, reason, sent from session_signals order by number`,
    services.map(usename => ({ signal: 'cancel', usename, state: 'active', statement: 'select pg_sleep(600)', actor: 'me', reason: `test of ${usename}`, sent: true })))
})

t.test('statements are shortened, and a statement that may contain a password is not shown', async t => {
  const db = await database(t)
  const service = db.open('rates_api')
  const long = await running(service, `select pg_sleep(600) /* ${'x'.repeat(300)} */`)
  const secret = await running(service, 'select pg_sleep(600) /* PASSWORD hunter2 */')
  const { stdout } = await ops(['db', 'activity'], { DATABASE_URL: db.url('ops') })
  const statementOf = (pid: number) => new RegExp(`^${pid} .*  (.*)$`, 'm').exec(stdout)?.[1]
  t.equal(statementOf(long.pid), `select pg_sleep(600) /* ${'x'.repeat(200 - 24)}`)
  t.equal(statementOf(secret.pid), '(hidden: may contain a password)')
  await ops(['db', 'cancel', String(secret.pid), '--why', 'test'], { DATABASE_URL: db.url('ops') })
  t.equal(await secret.outcome, '57014')
  t.match(await db.migrator`select statement from session_signals`, [{ statement: '(hidden: may contain a password)' }])
  await db.migrator`select pg_cancel_backend(pid) from pg_stat_activity where pid = ${long.pid}`.catch(() => {}) // the pool closes it with the test
})

t.test('blocking and blocked sessions; a session that is idle in transaction is terminated, not cancelled', async t => {
  const db = await database(t)
  const run = (...args: string[]) => ops(args, { DATABASE_URL: db.url('ops') })
  t.match(await run('db', 'locks'), { code: 0, stdout: 'No session waits for a lock.\n' })
  const locked = Promise.withResolvers<number>()
  const locking = transaction(db.migrator, async tx => {
    await tx`lock table merged_sums in access exclusive mode`
    locked.resolve((await tx<[{ pid: number }]>`select pg_backend_pid() as pid`)[0].pid)
    await new Promise(() => {})
  }).then(() => 'none', (error: { code: string }) => error.code)
  const blocker = await locked.promise
  const reader = db.open('rates_api')
  const read = reader`select count(*) from merged_sums`.then(rows => rows.length)
  const operator = db.open('ops')
  const waiting = () => operator<Array<{ pid: number }>>`select pid from pg_stat_activity where ${blocker} = any (pg_blocking_pids(pid))`
  await waitFor(async () => (await waiting()).length === 1)
  const [{ pid }] = await waiting() as unknown as [{ pid: number }]

  const { code, stdout } = await run('db', 'locks')
  t.equal(code, 0)
  t.match(stdout, new RegExp(`^${pid} +test-rates_api@\\S+ +[0-9.]+ +AccessShareLock on merged_sums +${blocker} +test-migrator@\\S+ +idle in transaction `, 'm'))
  t.match(stdout, new RegExp(`^${pid} +select count\\(\\*\\) from merged_sums$`, 'm'))
  t.match(stdout, `PID ${blocker} blocks others and waits for no lock.`)
  t.match(await run('db', 'sizes'), { code: 1, stderr: 'npm run ops -- db locks' }, 'a command that needs the table says what to do')

  t.match(await run('db', 'cancel', String(blocker), '--why', 'test'), { code: 1, stderr: /idle in transaction.*--terminate/ })
  t.same(await db.migrator`select from session_signals`, [], 'a refusal sends no signal')
  t.match(await run('db', 'cancel', String(blocker), '--terminate', '--why', 'test'), { code: 0, stdout: /terminated PID .*: the session is closed/ })
  t.equal(await read, 1)
  t.match(await locking, /^(57P01|CONNECTION_CLOSED)$/)
  t.match(await db.migrator`select signal, pid, state, sent from session_signals`, [{ signal: 'terminate', pid: blocker, state: 'idle in transaction', sent: true }])
})

t.test('a pid that another session has by now is not signalled', async t => {
  const db = await database(t)
  const operator = db.open('ops')
  const { pid } = await running(db.open('rates_api'))
  const session = (await findSession(operator, pid))!
  const other = { ...session, started: '2021-01-01 00:00:00+00' }
  const number = await recordSignal(operator, 'terminate', other, { name: 'test', reason: 'test' })
  t.equal(await sendSignal(operator, 'terminate', other, number), false)
  t.equal((await findSession(operator, pid))?.started, session.started, 'the session is still open')
  t.same([...await db.migrator`select sent from session_signals`], [{ sent: false }])
})

t.test('pids that are not cancelled', async t => {
  const [db, other] = [await database(t), await database(t)]
  const cancel = (pid: number | string, ...args: string[]) => ops(['db', 'cancel', String(pid), '--why', 'test', ...args], { DATABASE_URL: db.url('ops') })
  const [server] = await db.open('ops')`select pid from pg_stat_activity where backend_type = 'checkpointer'`
  t.match(await cancel(server!.pid), { code: 1, stderr: 'checkpointer' })
  t.match(await cancel(server!.pid, '--terminate'), { code: 1, stderr: 'checkpointer' })
  const otherSession = await running(other.open('rates_api'))
  t.match(await cancel(otherSession.pid), { code: 1, stderr: other.name })
  t.match(await cancel(999_999_999), { code: 1, stderr: 'No session has the pid' })
  for (const wrong of ['x', '0', '1.5', '2147483648', '99999999999']) t.match(await cancel(wrong), { code: 2, stderr: 'PID must be a number from 1 to 2147483647' })
  t.match(await ops(['db', 'cancel', '1'], { DATABASE_URL: db.url('ops') }), { code: 2, stderr: '--why TEXT is missing' })
  t.same(await db.migrator`select from session_signals`, [])

  const superusers = await running(db.open('postgres'))
  t.match(await cancel(superusers.pid), { code: 1, stderr: 'superuser' })
  t.match(await db.migrator`select pid, sent from session_signals`, [{ pid: superusers.pid, sent: false }], 'the audit has the attempt')
  t.equal((await db.migrator`select 1 from pg_stat_activity where pid = ${superusers.pid}`).length, 1)
  await db.open('postgres')`select pg_cancel_backend(${superusers.pid}), pg_cancel_backend(${otherSession.pid})`
  t.equal(await superusers.outcome, '57014')
})

t.test('at most 200 rows', async t => {
  const db = await database(t)
  await db.migrator.unsafe(Array.from({ length: 205 }, (_, index) => `create table extra_${index} ()`).join(';')).simple()
  const { code, stdout } = await ops(['db', 'sizes'], { DATABASE_URL: db.url('ops') })
  t.equal(code, 0)
  const lines = stdout.trimEnd().split('\n')
  t.match(lines.shift(), /^test_\w+: [\d.]+ MiB$/)
  t.equal(lines.length, 1 + 1 + maxRows + 1, 'an empty line, the head, the rows and a remark')
  t.match(lines.at(-1), 'The first 200 are shown; there are more.')
  t.same(bounded([1, 2, 3], 3), { shown: [1, 2, 3], note: '' })
  t.same([0, 1023, 1024, 1.5 * 1024 ** 3, null].map(size), ['0 B', '1023 B', '1.0 KiB', '1.5 GiB', null])
})
