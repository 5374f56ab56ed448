import { exposeMetrics } from '../../lib/metrics/expose.ts'
import { openMetrics } from '../../lib/metrics/metrics.ts'
import { startFrom } from '../../lib/process/config.ts'
import { passwordsOf } from '../../lib/postgres/database-auth.ts'
import { openDatabase } from '../../lib/postgres/database.ts'
import { drain } from '../../lib/http/drain.ts'
import { openKeys } from '../../lib/api-keys/key-source.ts'
import { openLog } from '../../lib/process/log.ts'
import { exitIfRefused } from '../../lib/migrations/schema.ts'
import { stopInPhases } from '../../lib/process/stop.ts'
import { buildRatesApi } from './app.ts'
import { checks, Config, replicasOf } from './config.ts'
import { planSettings } from './database/plan-settings.ts'

const config = startFrom(Config, config => config, ...checks)
const log = await openLog('rates-api', config.LOG_LEVEL)
const passwords = passwordsOf(config)
const connectTo = (url: string) => () => openDatabase({
  url,
  passwords,
  process: 'rates-api',
  poolSize: 1,
  statementTimeoutMs: config.RATES_QUERY_TIMEOUT_MS,
  settings: planSettings,
})
const connect = connectTo(config.DATABASE_URL)
const metrics = openMetrics('rates-api')
const closeMetrics = await exposeMetrics(metrics, 'rates-api', config, log)
const app = await buildRatesApi({
  connect,
  replicas: replicasOf(config).map(connectTo),
  log,
  metrics,
  keys: config.RATES_KEYS_REQUIRED ? await openKeys(config, log, metrics) : null,
  limits: {
    maxDays: config.RATES_MAX_DAYS,
    asOf: { keepDays: config.CORRECTIONS_KEEP_DAYS, maxPrices: config.AS_OF_MAX_PRICES },
    cacheBytes: config.RATES_CACHE_BYTES,
    connections: config.DATABASE_POOL_SIZE,
    maxWaiting: config.RATES_MAX_WAITING,
    limitMs: config.RATES_QUERY_TIMEOUT_MS,
    maxLagMs: config.RATES_MAX_LAG_SECONDS * 1_000,
    probeEveryMs: 1_000,
    client: { perMinute: config.RATES_PER_CLIENT_PER_MINUTE, trustedProxies: config.TRUSTED_PROXIES },
  },
})
stopInPhases(log, [
  { name: 'drain the load balancer', limitMs: config.DRAIN_MS + 1_000, run: () => drain(app, config.DRAIN_MS) },
  { name: 'finish requests in flight, close the database', limitMs: config.RATES_QUERY_TIMEOUT_MS + 10_000, run: () => app.close() },
  { name: 'publish the last metrics', limitMs: 2_000, run: closeMetrics },
])
await exitIfRefused(connect, log)
await app.listen({ host: config.HOST, port: config.PORT })
