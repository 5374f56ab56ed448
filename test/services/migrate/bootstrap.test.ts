import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres, { type Sql } from 'postgres'
import t from 'tap'
import { authority } from '../../harness/certificates.ts'
import { containerCredentials } from '../../harness/container-credentials.ts'
import { runProcess } from '../../harness/process.ts'
import { rds } from '../../harness/rds.ts'
import { temporaryServer } from '../../harness/server.ts'
import { useLoginRules } from '../../harness/server-settings.ts'

const logins = ['ingestion_api', 'ingestion_worker', 'migrator', 'ops', 'rates_api']

t.test('a master user that is no superuser creates the roles, and its password still works', async t => {
  const server = await temporaryServer()
  t.teardown(() => server.remove())
  const superuser = postgres(server.url('postgres', 'postgres'), { max: 1, onnotice: () => {} })
  t.teardown(() => superuser.end())
  await superuser.unsafe(`
    create role rds_iam nologin;
    create role rds_superuser nologin;
    grant pg_monitor, pg_signal_backend to rds_superuser with admin option;
    create role master login createrole createdb password 'test' in role rds_superuser;
    grant rds_iam to master with admin option`)
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-test-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const ca = await authority()
  writeFileSync(join(folder, 'ca.pem'), ca.cert)
  const credentials = await containerCredentials(t)
  const host = await rds(t, server, '127.0.0.1', await ca.issue('127.0.0.1'), 'eu-west-1', credentials.issued)
  const byToken = 'host all migrator 127.0.0.1/32 trust' // the token has been checked before
  const migrate = (env: Record<string, string> = {}) => runProcess(t, 'migrate', {
    ...credentials.env, AWS_REGION: 'eu-west-1', DATABASE_AUTH: 'iam', PRICES_FIRST_MONTH: '2020-12-01', PRICES_MONTHS_AHEAD: '1',
    BOOTSTRAP_DATABASE_URL: server.url('master', 'postgres'),
    DATABASE_URL: `postgres://migrator@127.0.0.1:${host.port}/freight?sslmode=verify-full&sslrootcert=${join(folder, 'ca.pem')}`, ...env,
  })

  await useLoginRules(server, byToken, 'host all master 127.0.0.1/32 scram-sha-256')
  const first = await migrate()
  t.equal(first.code, 0, first.output)
  const members = (): Promise<string[]> => membersOf(superuser, 'rds_iam')
  t.same(await members(), [...logins, 'master'].sort())
  t.same(await superuser`select rolname as name from pg_roles where rolname = 'role_maker'`, [])
  t.same(await superuser`select datdba::regrole::text as owner from pg_database where datname = 'freight'`, [{ owner: 'migrator' }])
  for (const login of logins) t.same(await membersOf(superuser, login), [], `no role is a member of ${login}`)

  await t.test('a stack of the previous release gets the role of operators with its next deployment', async t => {
    const freight = postgres(server.url('postgres', 'freight'), { max: 1, onnotice: () => {} })
    await freight.unsafe(`
      drop table session_signals; drop owned by operators; delete from schema_migrations where name like '%-operators';
      drop role ops; drop role operators`).simple()
    const withoutMaster = await migrate({ BOOTSTRAP_DATABASE_URL: '' })
    t.match(withoutMaster, { code: 1, output: /no role operators: set BOOTSTRAP_DATABASE_URL/ })
    const third = await migrate()
    t.equal(third.code, 0, third.output)
    t.same(await freight`select pg_has_role('ops', 'pg_monitor', 'usage') as sees, pg_has_role('ops', 'pg_signal_backend', 'usage') as cancels,
      pg_has_role('ops', 'migrator', 'member') as owns, has_database_privilege('ops', 'freight', 'connect') as connects,
      has_table_privilege('ops', 'batches', 'select') as reads, pg_has_role('ops', 'rds_iam', 'member') as iam`,
    [{ sees: true, cancels: true, owns: false, connects: true, reads: true, iam: true }])
    t.same(await membersOf(superuser, 'ops'), [])
    t.same(await membersOf(superuser, 'pg_signal_backend'), ['master', 'operators', 'ops', 'rds_superuser'])
    await freight.end()
  })

  // On RDS the master user grants rds_iam without membership, which PostgreSQL does not support. The test grants as the superuser.
  await superuser.unsafe(`revoke rds_iam from master cascade; grant rds_iam to ${logins.join()}`)
  await useLoginRules(server, byToken, 'host all +rds_iam 127.0.0.1/32 reject', 'host all master 127.0.0.1/32 scram-sha-256')
  const second = await migrate()
  t.equal(second.code, 0, second.output)
  t.same(await members(), logins)
  t.same(host.logins, Array(4).fill({ user: 'migrator', wrong: null }), 'the rest belongs to the migrator')

  // What would happen otherwise.
  await superuser`grant migrator to master with inherit false, set false`
  t.match(await migrate(), { code: 1, output: /"code":"28000"/ })
})

/** Returns the direct and indirect members of the role. */
async function membersOf (sql: Sql, role: string): Promise<string[]> {
  const rows = await sql<Array<{ name: string }>>`
    with recursive found as (
      select member from pg_auth_members where roleid = ${role}::regrole
      union select each.member from pg_auth_members each join found on each.roleid = found.member
    )
    select distinct member::regrole::text as name from found order by 1`
  return rows.map(({ name }) => name)
}
