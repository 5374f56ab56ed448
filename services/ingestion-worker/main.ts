import { hostname } from 'node:os'
import { openQueue } from '../../lib/batch/queue.ts'
import { openStore } from '../../lib/batch/store/store.ts'
import { exposeMetrics } from '../../lib/metrics/expose.ts'
import { openMetrics } from '../../lib/metrics/metrics.ts'
import { openS3, openSqs } from '../../lib/process/aws.ts'
import { startFrom } from '../../lib/process/config.ts'
import { passwordsOf } from '../../lib/postgres/database-auth.ts'
import { openDatabase } from '../../lib/postgres/database.ts'
import { openLog } from '../../lib/process/log.ts'
import { exitIfRefused } from '../../lib/migrations/schema.ts'
import { stopInPhases } from '../../lib/process/stop.ts'
import { fileLimits } from './file-limits.ts'
import { buildIngestionWorker } from './app.ts'
import { checks, Config } from './config.ts'

const config = startFrom(Config, config => config, ...checks)
const log = await openLog('ingestion-worker', config.LOG_LEVEL)
const aws = { region: config.AWS_REGION, endpoint: config.AWS_ENDPOINT_URL }
const sqs = openSqs(aws)
const database = { url: config.DATABASE_URL, passwords: passwordsOf(config), process: 'ingestion-worker' }
const sql = openDatabase({
  ...database,
  // Two connections for each slot (transaction and progress), and one each for the probe, the dead-letter recorder, the sweeper,
  // merging, VACUUM and the removal of withdrawn prices.
  poolSize: config.WORKER_CONCURRENCY * 2 + 6,
  statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
  silenceMs: config.DATABASE_SILENCE_MS,
  // A lock that is held longer indicates a stalled transaction. The waiting batch retries later and occupies no connection meanwhile.
  settings: { lock_timeout: String(config.LOCK_TIMEOUT_MS) },
})

const metrics = openMetrics('ingestion-worker')
const closeMetrics = await exposeMetrics(metrics, 'ingestion-worker', config, log)
const worker = buildIngestionWorker({
  name: `${hostname()}:${process.pid}`,
  sql,
  store: openStore(openS3(aws), config.PAYLOAD_BUCKET),
  queue: openQueue(sqs, config.QUEUE_URL),
  deadLetters: openQueue(sqs, config.DEAD_LETTER_QUEUE_URL),
  log,
  metrics,
  receive: { concurrency: config.WORKER_CONCURRENCY, receiveSeconds: config.RECEIVE_SECONDS },
  limits: {
    maxRows: config.BATCH_MAX_ROWS,
    maxRowBytes: config.BATCH_MAX_ROW_BYTES,
    maxGapBytes: config.BATCH_MAX_GAP_BYTES,
    maxDecodedBytes: config.BATCH_MAX_DECODED_BYTES,
    maxPriceUsd: config.PRICE_MAX_USD,
    validityMaxDays: config.VALIDITY_MAX_DAYS,
    errorsMaxRows: config.ERRORS_MAX_ROWS,
    files: fileLimits(config),
  },
  guard: {
    providers: config.OUTLIER_PROVIDERS.split(',').filter(provider => provider !== ''), factor: config.OUTLIER_FACTOR, share: config.OUTLIER_SHARE,
  },
  secondLookMs: config.SECOND_LOOK_MS,
  suspectSeconds: config.STORE_DOUBT_SECONDS,
  heartbeat: { visibilitySeconds: config.VISIBILITY_SECONDS, maxSeconds: config.HOLD_MAX_SECONDS },
  protection: { agentUri: config.ECS_AGENT_URI, renewSeconds: config.PROTECTION_SECONDS },
  correctionsKeepDays: config.CORRECTIONS_KEEP_DAYS,
  backlogSeconds: config.BACKLOG_SECONDS,
  unfinishedMax: config.BATCHES_UNFINISHED_MAX,
  payloadKeepDays: config.PAYLOAD_KEEP_DAYS,
  sweep: { everySeconds: config.SWEEP_SECONDS, lostAfterSeconds: config.LOST_AFTER_SECONDS },
  merge: { minRows: config.MERGE_MIN_ROWS, idleSeconds: config.MERGE_SECONDS },
})
stopInPhases(log, [
  { name: 'stop receiving', limitMs: (config.RECEIVE_SECONDS + 5) * 1_000, run: worker.stopReceiving },
  { name: 'finish batches in flight', limitMs: config.FINISH_MS + 1_000, run: () => worker.finishBatches(config.FINISH_MS) },
  { name: 'release unfinished messages', limitMs: 10_000, run: worker.releaseMessages },
  { name: 'close the health server', limitMs: 2_000, run: () => worker.app.close() },
  { name: 'close the database', limitMs: 5_000, run: () => sql.end({ timeout: 4 }) },
  { name: 'publish the last metrics', limitMs: 2_000, run: closeMetrics },
])
await exitIfRefused(() => openDatabase({ ...database, poolSize: 1 }), log)
await worker.app.listen({ host: config.HOST, port: config.PORT })
worker.start()
