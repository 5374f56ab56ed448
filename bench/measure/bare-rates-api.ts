import fastify from 'fastify'
import { pino } from 'pino'
import type { Metrics } from '../../services/metrics/metrics.ts'
import { accessWith } from '../../services/rates-api/access.ts'
import { openHosts } from '../../services/rates-api/hosts.ts'
import { registerRates } from '../../services/rates-api/routes/rates.ts'
import { openDatabase } from '../../services/runtime/database.ts'

/** The routes and connections of the rates API on a bare Fastify: no line of a log, no trace, nothing counted, no hook. */
const nothing = (): void => {}
const metrics = { count: nothing, set: nothing, ask: nothing, observe: nothing } as unknown as Metrics
const log = pino({ level: 'silent' })
const hosts = openHosts({
  primary: () => openDatabase({ url: process.env.DATABASE_URL!, process: 'bench', poolSize: 1, settings: { plan_cache_mode: 'force_generic_plan' } }),
  replicas: [],
  log,
  metrics,
  limits: { connections: 10, maxWaiting: 200, limitMs: 5_000, cacheBytes: 32 * 1024 * 1024, maxLagMs: 10_000, probeEveryMs: 1_000 },
})
const app = fastify()
registerRates(app, { hosts, metrics, access: accessWith(null), maxDays: 366 })
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
