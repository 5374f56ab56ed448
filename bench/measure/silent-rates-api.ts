import { pino } from 'pino'
import type { Metrics } from '../../services/metrics/metrics.ts'
import { buildRatesApi } from '../../services/rates-api/app.ts'
import { openDatabase } from '../../services/runtime/database.ts'

/** The rates API that tells nothing: no line of a log, and nothing is counted. */
const nothing = (): void => {}
const app = await buildRatesApi({
  connect: () => openDatabase({ url: process.env.DATABASE_URL!, process: 'bench', poolSize: 1, settings: { plan_cache_mode: 'force_generic_plan' } }),
  log: pino({ level: 'silent' }),
  metrics: { count: nothing, set: nothing, ask: nothing, observe: nothing } as unknown as Metrics,
  keys: null,
  limits: { maxDays: 366, connections: 10, maxWaiting: 200, limitMs: 5_000, cacheBytes: 32 * 1024 * 1024, maxLagMs: 10_000, probeEveryMs: 1_000 },
})
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
