import { pino } from 'pino'
import { exposeMetrics } from '../../lib/metrics/expose.ts'
import { openMetrics, type Metrics } from '../../lib/metrics/metrics.ts'
import { buildRatesApi } from '../../services/rates-api/app.ts'
import { planSettings } from '../../services/rates-api/database/plan-settings.ts'
import { openDatabase } from '../../lib/postgres/database.ts'
import { openLog } from '../../lib/process/log.ts'

/**
 * The rates API twice in one process: with observability on PORT, and on the next port without log lines, traces and metrics.
 * Both run the same machine code. Two processes would have two versions of it, which differ by up to a tenth.
 */
const nothing = (): void => {}
const log = await openLog('rates-api', 'info')
const metrics = openMetrics('rates-api')
await exposeMetrics(metrics, 'rates-api', {
  METRICS_PORT: Number(process.env.METRICS_PORT), METRICS_HOST: '127.0.0.1', METRICS_NAMESPACE: 'bench', METRICS_SECONDS: 1,
}, log)
const common = {
  connect: () => openDatabase({ url: process.env.DATABASE_URL!, process: 'bench', poolSize: 1, settings: planSettings }),
  keys: null,
  limits: {
    maxDays: 366, asOf: { keepDays: 400, maxPrices: 5_000_000 }, connections: 10, maxWaiting: 200, limitMs: 5_000,
    cacheBytes: 32 * 1024 * 1024, maxLagMs: 10_000, probeEveryMs: 1_000,
  },
}
const observed = await buildRatesApi({ ...common, log, metrics })
const silent = await buildRatesApi({
  ...common, log: pino({ level: 'silent' }), metrics: { count: nothing, set: nothing, collect: nothing, observe: nothing } as unknown as Metrics,
})
silent.setGenReqId(() => 'none') // no trace
await silent.listen({ host: '127.0.0.1', port: Number(process.env.PORT) + 1 })
await observed.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
