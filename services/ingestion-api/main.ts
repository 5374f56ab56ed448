import { openQueue } from '../../lib/batch/queue.ts'
import { openStore } from '../../lib/batch/store/store.ts'
import { openUploads } from '../../lib/batch/store/uploads.ts'
import { exposeMetrics } from '../../lib/metrics/expose.ts'
import { openMetrics } from '../../lib/metrics/metrics.ts'
import { openS3, openSqs } from '../../lib/process/aws.ts'
import { startFrom } from '../../lib/process/config.ts'
import { passwordsOf } from '../../lib/postgres/database-auth.ts'
import { openDatabase } from '../../lib/postgres/database.ts'
import { drain } from '../../lib/http/drain.ts'
import { openKeys } from '../../lib/api-keys/key-source.ts'
import { openLog } from '../../lib/process/log.ts'
import { exitIfRefused } from '../../lib/migrations/schema.ts'
import { stopInPhases } from '../../lib/process/stop.ts'
import { buildIngestionApi } from './app.ts'
import { checks, Config } from './config.ts'

const config = startFrom(Config, config => config, ...checks)
const log = await openLog('ingestion-api', config.LOG_LEVEL)
const database = { url: config.DATABASE_URL, passwords: passwordsOf(config), process: 'ingestion-api' }
const sql = openDatabase({ ...database, poolSize: config.DATABASE_POOL_SIZE, statementTimeoutMs: 10_000, silenceMs: 20_000 })
const aws = { region: config.AWS_REGION, endpoint: config.AWS_ENDPOINT_URL }
const s3 = openS3(aws)
const signer = openS3({ ...aws, endpoint: config.PAYLOAD_PUBLIC_ENDPOINT ?? aws.endpoint })

const metrics = openMetrics('ingestion-api')
const closeMetrics = await exposeMetrics(metrics, 'ingestion-api', config, log)
const app = await buildIngestionApi({
  store: openStore(s3, config.PAYLOAD_BUCKET),
  uploads: openUploads(s3, signer, config.PAYLOAD_BUCKET, config.PAYLOAD_KEEP_DAYS),
  payloadKeepDays: config.PAYLOAD_KEEP_DAYS,
  queue: openQueue(openSqs(aws), config.QUEUE_URL),
  sql,
  log,
  metrics,
  keys: await openKeys(config, log, metrics),
  limits: {
    maxBytes: config.BATCH_MAX_BYTES,
    maxDecodedBytes: config.BATCH_MAX_DECODED_BYTES,
    batchesPerMinute: config.BATCH_MAX_PER_MINUTE,
    readsPerMinute: config.READS_PER_MINUTE,
    unfinishedBatches: config.BATCHES_UNFINISHED_MAX,
    waitMaxSeconds: config.WAIT_MAX_SECONDS,
    waiters: config.WAITERS_MAX,
    slowResponseMs: config.RESPONSE_SLOW_MS,
    bodiesAtOnce: config.BODIES_AT_ONCE,
    bodiesAtOncePerProvider: config.BODIES_AT_ONCE_PER_PROVIDER,
    idleMs: config.BODY_IDLE_MS,
    totalMs: config.BODY_TOTAL_MS,
  },
})
stopInPhases(log, [
  { name: 'drain the load balancer', limitMs: config.DRAIN_MS + 1_000, run: () => drain(app, config.DRAIN_MS) },
  { name: 'finish requests in flight', limitMs: 60_000, run: () => app.close() },
  { name: 'close the database', limitMs: 5_000, run: () => sql.end({ timeout: 4 }) },
  { name: 'publish the last metrics', limitMs: 2_000, run: closeMetrics },
])
await exitIfRefused(() => openDatabase({ ...database, poolSize: 1 }), log)
await app.listen({ host: config.HOST, port: config.PORT })
