import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startFauxqs } from 'fauxqs'
import postgres from 'postgres'
import t from 'tap'
import { databaseProblems } from '../../lib/postgres/database-auth.ts'
import { aws } from '../harness/aws.ts'
import { authority } from '../harness/certificates.ts'
import { containerCredentials } from '../harness/container-credentials.ts'
import { header, testKeys } from '../harness/ingestion-api.ts'
import { ops } from '../harness/ops.ts'
import { runProcess, startProcess } from '../harness/process.ts'
import { rds, type Rds } from '../harness/rds.ts'
import { temporaryServer } from '../harness/server.ts'
import { useLoginRules } from '../harness/server-settings.ts'
import { waitFor } from '../harness/wait.ts'

const csv = `${header}CNGGZ,EETLL,2021-01-05,100\n`
const region = 'eu-west-1'

t.test('every process logs in with tokens made for its host, port and user; credentials change and expire', async t => {
  const server = await temporaryServer()
  t.teardown(() => server.remove())
  const superuser = postgres(server.url('postgres', 'postgres'), { max: 1 })
  await superuser`create role rds_iam nologin`
  await superuser.end()
  await useLoginRules(server, 'host all +rds_iam 127.0.0.1/32 trust')

  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-test-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const ca = await authority()
  writeFileSync(join(folder, 'ca.pem'), ca.cert)
  const certificate = await ca.issue('127.0.0.1', 'localhost')
  const credentials = await containerCredentials(t)
  const primary = await rds(t, server, '127.0.0.1', certificate, region, credentials.issued)
  const replica = await rds(t, server, 'localhost', certificate, region, credentials.issued)
  const url = (user: string, host = '127.0.0.1', { port } = primary) =>
    `postgres://${user}@${host}:${port}/freight?sslmode=verify-full&sslrootcert=${join(folder, 'ca.pem')}`
  // An emulator that accepts every access key: these keys change every two seconds.
  const emulator = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false })
  t.teardown(() => emulator.stop())
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, ...resources }: Record<string, string> =
    (await aws(t, { endpoint: `http://127.0.0.1:${emulator.port}`, versioned: false })).env
  const env = (user: string) => ({ ...resources, ...credentials.env, AWS_REGION: region, DATABASE_AUTH: 'iam', DATABASE_URL: url(user) })

  const migration = await runProcess(t, 'migrate', { ...env('migrator'), BOOTSTRAP_DATABASE_URL: url('postgres:test').replace('/freight', '/postgres'), PRICES_FIRST_MONTH: '2020-12-01' })
  t.equal(migration.code, 0, migration.output)
  t.match(await ops(['batches', 'list', '--provider', 'demo'], env('ops')), { code: 0, stderr: '' })

  const rates = await startProcess(t, 'rates-api', { ...env('rates_api'), DATABASE_READ_URLS: url('rates_api', 'localhost', replica) })
  const api = await startProcess(t, 'ingestion-api', { ...env('ingestion_api'), API_KEYS: JSON.stringify(testKeys) })
  const worker = await startProcess(t, 'ingestion-worker', { ...env('ingestion_worker'), RECEIVE_SECONDS: '1' })
  const headers = { authorization: 'Bearer demo-key', 'content-type': 'text/csv' }
  const { id } = await (await fetch(`${api.url}/batches`, { method: 'POST', headers, body: csv })).json() as { id: string }
  const state = async (): Promise<string> => (await (await fetch(`${api.url}/batches/${id}`, { headers })).json() as { state: string }).state
  await waitFor(async () => await state() === 'applied')
  const getRates = (): Promise<Response> => fetch(`${rates.url}/rates?date_from=2021-01-05&date_to=2021-01-05&orig_code=CNGGZ&dest_code=EETLL`)
  t.equal((await getRates()).status, 200)

  const users = ({ logins }: Rds): string[] => [...new Set(logins.map(({ user }) => user))].sort()
  t.same(users(primary), ['ingestion_api', 'ingestion_worker', 'migrator', 'ops', 'rates_api'])
  t.same(users(replica), ['rates_api'])
  t.same([primary, replica].flatMap(({ logins }) => logins.filter(({ wrong }) => wrong)), [], 'all tokens are right')
  t.ok(credentials.issued.size > 1, 'and of credentials that change')

  credentials.setUnavailable(true)
  await waitFor(credentials.areOver)
  for (const host of [primary, replica]) host.cut()
  await waitFor(async () => (await fetch(`${rates.url}/ready`)).status === 503)
  t.equal((await getRates()).status, 503)
  await waitFor(async () => (await fetch(`${worker.url}/ready`)).status === 503)
  credentials.setUnavailable(false)
  await waitFor(async () => (await getRates()).status === 200)
  await waitFor(async () => (await fetch(`${worker.url}/ready`)).status === 200)
  t.equal(await state(), 'applied')

  for (const process of [rates, api, worker]) {
    t.match(await process.kill('SIGTERM'), { code: 0 })
    t.notMatch(process.output(), /X-Amz-Signature/, 'no token is in the log')
  }
})

t.test('a server that does not accept the token: the error is reported, without any part of the token', async t => {
  const server = await temporaryServer()
  t.teardown(() => server.remove())
  const superuser = postgres(server.url('postgres', 'postgres'), { max: 1 })
  await superuser.unsafe('create role rds_iam nologin; create role migrator login; grant rds_iam to migrator')
  await superuser.end()
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-test-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const ca = await authority()
  writeFileSync(join(folder, 'ca.pem'), ca.cert)
  const credentials = await containerCredentials(t)
  // As with a second name: the token is made for the host name in the URL.
  const host = await rds(t, server, 'db.example', await ca.issue('127.0.0.1'), region, credentials.issued)
  const url = `postgres://migrator@127.0.0.1:${host.port}/freight?sslmode=verify-full&sslrootcert=${join(folder, 'ca.pem')}`
  const { code, output } = await runProcess(t, 'migrate', { ...credentials.env, AWS_REGION: region, DATABASE_AUTH: 'iam', DATABASE_URL: url })
  t.equal(code, 1)
  t.match(output, /"code":"28000"/)
  t.notMatch(output, /X-Amz/)
  t.same(host.logins, [{ user: 'migrator', wrong: `made for 127.0.0.1:${host.port}` }])
})

t.test('invalid configurations', async t => {
  const base = { DATABASE_AUTH: 'iam', AWS_REGION: region }
  const right = 'postgres://migrator@db.example/freight?sslmode=verify-full'
  const problems: Array<[Record<string, string>, RegExp]> = [
    [{ DATABASE_URL: 'postgres://migrator@db.example/freight' }, /DATABASE_URL needs sslmode=verify-full/],
    [{ DATABASE_URL: 'postgres://migrator@db.example/freight?sslmode=require' }, /DATABASE_URL needs sslmode=verify-full/],
    [{ DATABASE_URL: 'postgres://migrator@db.x.rds.amazonaws.com/freight?sslmode=disable' }, /DATABASE_URL needs sslmode=verify-full/],
    [{ DATABASE_URL: 'postgres://migrator:hunter2@db.x.rds.amazonaws.com/freight' }, /DATABASE_URL has a password/],
    [{ DATABASE_URL: 'postgres://db.x.rds.amazonaws.com/freight' }, /DATABASE_URL has no user/],
    [{ DATABASE_URL: right, AWS_REGION: '' }, /AWS_REGION is missing/],
    [{ DATABASE_URL: `${right}&sslrootcert=/nowhere` }, /DATABASE_URL: .*ENOENT/],
    [{ DATABASE_URL: 'postgres://a@b/c?sslmode=always', DATABASE_AUTH: 'password' }, /DATABASE_URL: sslmode=always/],
  ]
  for (const [env, problem] of problems) {
    const found = databaseProblems({ ...base, ...env }).join()
    t.match(found, problem)
    t.notMatch(found, /hunter2/)
  }
  const { output } = await runProcess(t, 'rates-api', { ...base, DATABASE_URL: right, DATABASE_READ_URLS: `${right},postgres://a@b/c` })
  t.match(output, /DATABASE_READ_URLS needs sslmode=verify-full/)
})
