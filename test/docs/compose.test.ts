import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { Config as IngestionApi } from '../../services/ingestion-api/config.ts'
import { Config as IngestionWorker } from '../../services/ingestion-worker/config.ts'
import { Config as Migrate } from '../../services/migrate/config.ts'
import { Config as RatesApi } from '../../services/rates-api/config.ts'
import { ops } from '../harness/ops.ts'

type Compose = { services: Record<string, { environment: Record<string, string>, command: string[], restart?: string }> }
const { services } = parse(readFileSync(join(import.meta.dirname, '../../docker-compose.yml'), 'utf8'), { merge: true }) as Compose

/** Limits that are set outside of docker-compose.yml, by service. */
const limits = {
  'rates-api': ['RATES_PER_CLIENT_PER_MINUTE', 'TRUSTED_PROXIES'],
  'ingestion-api': ['READS_PER_MINUTE', 'BATCHES_UNFINISHED_MAX'],
  migrate: ['PRICES_FIRST_MONTH', 'PRICES_MONTHS_AHEAD'],
  months: ['PRICES_FIRST_MONTH', 'PRICES_MONTHS_AHEAD'],
  'ingestion-worker': ['PRICE_MAX_USD', 'BATCH_MAX_GAP_BYTES', 'BATCHES_UNFINISHED_MAX'],
}
const configs = { 'rates-api': RatesApi, 'ingestion-api': IngestionApi, 'ingestion-worker': IngestionWorker, migrate: Migrate, months: Migrate }

t.test('docker-compose.yml passes each limit on under its name, with the default of the service', t => {
  for (const service of ['ingestion-api', 'ingestion-worker', 'ops']) t.equal(services[service]!.environment.PAYLOAD_KEEP_DAYS, '${PAYLOAD_KEEP_DAYS:-}', service) // eslint-disable-line no-template-curly-in-string
  for (const service of Object.keys(limits) as Array<keyof typeof limits>) {
    const properties = configs[service].properties as Record<string, { default?: unknown }>
    const given = services[service]!.environment
    for (const name of limits[service]) t.equal(given[name], `\${${name}:-${properties[name]!.default}}`, `${service} ${name}`)
  }
  t.end()
})

t.test('a service of docker-compose.yml runs the migrator again while the system stays up', t => {
  const { command, restart } = services.months!
  t.match(command.at(-1), /^while node services\/migrate\/main\.ts; do sleep \d+; done$/)
  t.ok(Number(/sleep (\d+)/.exec(command.at(-1)!)![1]) <= 31 * 86_400, 'at least once a month')
  t.equal(restart, 'unless-stopped', 'also after a run that failed')
  t.end()
})

t.test('docker-compose.yml gives each process its own login, with a password that the migrator sets', t => {
  const logins = { 'rates-api': 'rates_api', 'ingestion-api': 'ingestion_api', 'ingestion-worker': 'ingestion_worker', migrate: 'migrator', ops: 'ops' }
  const passwords = JSON.parse(services.migrate!.environment.LOGIN_PASSWORDS!) as Record<string, string>
  t.same(Object.keys(passwords).sort(), Object.values(logins).sort())
  for (const [service, login] of Object.entries(logins)) {
    const { username, password } = new URL(services[service]!.environment.DATABASE_URL!)
    t.same([username, password], [login, passwords[login]], service)
  }
  t.end()
})

t.test('docker-compose.yml has its keys in API_KEYS: `keys` refuses, and names the document that describes the change', async t => {
  const { API_KEYS: list, API_KEYS_FILE: file, API_KEYS_SECRET: secret } = services['ingestion-api']!.environment
  t.ok(Array.isArray(JSON.parse(list!)))
  t.same([file, secret], [undefined, undefined])
  const run = await ops(['keys', 'add', 'acme', '--scope', 'submit'], services.ops!.environment)
  t.match(run, { code: 2, stdout: '', stderr: 'docs/containers.md' })
  t.match(readFileSync(join(import.meta.dirname, '../../docs/containers.md'), 'utf8'), /^### API keys$/m)
})
