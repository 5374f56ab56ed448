import t, { type Test } from 'tap'
import { aws } from '../../harness/aws.ts'
import { database } from '../../harness/database.ts'
import { sha256 } from '../../harness/ingestion-api.ts'
import { runProcess, startProcess, type Process } from '../../harness/process.ts'
import { secretArn } from '../../harness/secret-server.ts'
import { secretsManager, type SecretsManager } from '../../harness/secrets-manager.ts'
import { waitFor } from '../../harness/wait.ts'

t.jobs = 3 // the tests wait for configured seconds, each with its own processes

const keys = (...texts: string[]): { value: string } =>
  ({ value: JSON.stringify(texts.map(text => ({ provider: 'demo', sha256: sha256(text), scopes: ['read', 'rates'] }))) })

type Api = Process & {
  /** Resolves with status and problem of a call that needs a key. */
  as: (key: string) => Promise<{ status: number, type: string | undefined, retryAfter: string | null }>
  metric: (name: string) => Promise<number | undefined>
}

async function start (t: Test, name: 'ingestion-api' | 'rates-api', secrets: SecretsManager): Promise<Api> {
  const [db, { env }] = await Promise.all([database(t), aws(t)])
  const login = name === 'rates-api' ? 'rates_api' : 'ingestion_api'
  const process = await startProcess(t, name, { ...env, ...secrets.env, DATABASE_URL: db.url(login), RATES_KEYS_REQUIRED: 'true', METRICS_PORT: '0' })
  const metricsUrl = /"url":"(http:[^"]+\/metrics)"/.exec(process.output())![1]!
  return {
    ...process,
    async as (key) {
      const path = name === 'rates-api' ? '/locations?q=tallinn' : '/batches'
      const response = await fetch(new URL(path, process.url), { headers: { authorization: `Bearer ${key}` } })
      return { status: response.status, type: (await response.json() as { type?: string }).type, retryAfter: response.headers.get('retry-after') }
    },
    async metric (name) {
      const value = new RegExp(`^${name.replace(/[{}]/g, '\\$&').replace('\\}', '.*\\}')} (.+)$`, 'm').exec(await (await fetch(metricsUrl)).text())?.[1]
      return value === undefined ? undefined : Number(value)
    },
  }
}

for (const name of ['ingestion-api', 'rates-api'] as const) {
  t.test(`${name}: Secrets Manager is unavailable at the start and recovers, keys change, and an invalid list changes no key`, async t => {
    const secrets = await secretsManager(t)
    const api = await start(t, name, secrets)
    const ready = async (): Promise<number> => (await fetch(new URL('/ready', api.url))).status
    t.same(await api.as('one'), { status: 503, type: '/problems/keys-unavailable', retryAfter: '5' })
    t.equal(await ready(), 503)
    t.equal((await fetch(new URL('/live', api.url))).status, 200)
    t.equal(await api.metric('freight_keys_age_seconds{}'), undefined)

    secrets.respondWith(keys('one'))
    await waitFor(async () => await ready() === 200)
    t.equal((await api.as('one')).status, 200)
    t.equal((await api.as('two')).status, 401)

    secrets.respondWith(keys('one', 'two'))
    await waitFor(async () => (await api.as('two')).status === 200)
    t.equal((await api.as('one')).status, 200, 'the old one stays valid while clients change to the new one')
    secrets.respondWith(keys('two'))
    await waitFor(async () => (await api.as('one')).status === 401)

    const bad = [
      '{"hush-hush": [', '', '[{"provider":"hush-hush"}]', keys('one', 'two', 'hush-hush').value,
      JSON.stringify([{ provider: 'demo', sha256: sha256('development'), scopes: ['rates'] }]),
    ]
    for (const value of name === 'rates-api' ? bad.slice(-1) : bad) {
      const refused = await api.metric('freight_key_reads_total{result="refused"}')
      secrets.respondWith({ value })
      await waitFor(async () => (await api.metric('freight_key_reads_total{result="refused"}'))! > refused! + 1)
      t.equal((await api.as('two')).status, 200, value)
      t.equal((await api.as('development')).status, 401)
    }
    for (const reply of [{ error: 'AccessDeniedException' }, { error: 'ResourceNotFoundException' }, { error: 'InternalServiceError' }, 'unavailable'] as const) {
      const failed = await api.metric('freight_key_reads_total{result="failed"}')
      secrets.respondWith(reply)
      await waitFor(async () => (await api.metric('freight_key_reads_total{result="failed"}'))! > failed! + 1)
      t.equal((await api.as('two')).status, 200)
      t.equal(await ready(), 200)
    }
    t.ok((await api.metric('freight_keys_age_seconds{}'))! > 1)
    t.match(api.output(), /"reason":"AccessDeniedException"/)
    secrets.respondWith(keys('three'))
    await waitFor(async () => (await api.as('three')).status === 200)
    t.ok((await api.metric('freight_keys_age_seconds{}'))! < 5)
    t.notMatch(api.output(), /hush-hush|[0-9a-f]{64}/, 'the log has no part of the secret')
    t.equal((await api.kill('SIGTERM')).code, 0)
  })
}

t.test('the source of the keys is configured once', async t => {
  const { env } = await aws(t)
  const base = { ...env, DATABASE_URL: 'postgres://x@127.0.0.1:1/x', RATES_KEYS_REQUIRED: 'true' }
  t.match(await runProcess(t, 'ingestion-api', { ...base, API_KEYS: '[]', API_KEYS_SECRET: secretArn }), { code: 1, output: /API_KEYS and API_KEYS_SECRET are both set/ })
  t.match(await runProcess(t, 'ingestion-api', base), { code: 1, output: /API_KEYS is missing, or API_KEYS_SECRET/ })
  t.match(await runProcess(t, 'rates-api', { ...base, AWS_REGION: '', API_KEYS_SECRET: secretArn }), { code: 1, output: /AWS_REGION is missing/ })
})
