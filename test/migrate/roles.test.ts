import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres, { type Sql } from 'postgres'
import t from 'tap'
import { authority } from '../harness/certificates.ts'
import { containerCredentials } from '../harness/container-credentials.ts'
import { runProcess } from '../harness/process.ts'
import { rds } from '../harness/rds.ts'
import { temporaryServer } from '../harness/server.ts'
import { useLoginRules } from '../harness/server-settings.ts'

const logins = ['ingestion_api', 'ingestion_worker', 'migrator', 'rates_api']

t.test('a master user that is no superuser makes the roles, and its password goes on working', async t => {
  const server = await temporaryServer()
  t.teardown(() => server.remove())
  const superuser = postgres(server.url('postgres', 'postgres'), { max: 1, onnotice: () => {} })
  t.teardown(() => superuser.end())
  await superuser.unsafe(`
    create role rds_iam nologin;
    create role master login createrole createdb password 'test';
    grant rds_iam to master with admin option`)
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-test-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const ca = await authority()
  writeFileSync(join(folder, 'ca.pem'), ca.cert)
  const credentials = await containerCredentials(t)
  const host = await rds(t, server, '127.0.0.1', await ca.issue('127.0.0.1'), 'eu-west-1', credentials.issued)
  const byToken = 'host all migrator 127.0.0.1/32 trust' // the token has been looked at before
  const migrate = () => runProcess(t, 'migrate', {
    ...credentials.env, AWS_REGION: 'eu-west-1', DATABASE_AUTH: 'iam', PRICES_FIRST_MONTH: '2020-12-01', PRICES_MONTHS_AHEAD: '1',
    BOOTSTRAP_DATABASE_URL: server.url('master', 'postgres'),
    DATABASE_URL: `postgres://migrator@127.0.0.1:${host.port}/freight?sslmode=verify-full&sslrootcert=${join(folder, 'ca.pem')}`,
  })

  await useLoginRules(server, byToken, 'host all master 127.0.0.1/32 scram-sha-256')
  const first = await migrate()
  t.equal(first.code, 0, first.output)
  const members = (): Promise<string[]> => membersOf(superuser, 'rds_iam')
  t.same(await members(), [...logins, 'master'].sort())
  t.same(await superuser`select rolname as name from pg_roles where rolname = 'role_maker'`, [])
  t.same(await superuser`select datdba::regrole::text as owner from pg_database where datname = 'freight'`, [{ owner: 'migrator' }])
  for (const login of logins) t.same(await membersOf(superuser, login), [], `nobody is in ${login}`)

  // On RDS its master grants rds_iam without being in it, which PostgreSQL does not know: the grants become the superuser's own.
  await superuser.unsafe(`revoke rds_iam from master cascade; grant rds_iam to ${logins.join()}`)
  await useLoginRules(server, byToken, 'host all +rds_iam 127.0.0.1/32 reject', 'host all master 127.0.0.1/32 scram-sha-256')
  const second = await migrate()
  t.equal(second.code, 0, second.output)
  t.same(await members(), logins)
  t.same(host.logins, [{ user: 'migrator', wrong: null }, { user: 'migrator', wrong: null }], 'the rest is the migrator\'s own')

  // What would happen otherwise.
  await superuser`grant migrator to master with inherit false, set false`
  t.match(await migrate(), { code: 1, output: /"code":"28000"/ })
})

/** Roles that are in it, through others too. */
async function membersOf (sql: Sql, role: string): Promise<string[]> {
  const rows = await sql<Array<{ name: string }>>`
    with recursive found as (
      select member from pg_auth_members where roleid = ${role}::regrole
      union select each.member from pg_auth_members each join found on each.roleid = found.member
    )
    select distinct member::regrole::text as name from found order by 1`
  return rows.map(({ name }) => name)
}
