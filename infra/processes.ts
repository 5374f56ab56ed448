import type { Config } from './config-schema.ts'
import type { ApiKeys } from './components/storage/api-keys.ts'
import type { Database } from './components/database/database.ts'
import type { PayloadBucket } from './components/storage/payload-bucket.ts'
import type { BatchQueue } from './components/storage/queue.ts'
import { containerPort } from './components/compute/task.ts'

/** The data stores and queue that the processes use, with the configuration. */
export interface Stores {
  config: Config
  database: Database
  queue: BatchQueue
  payloads: PayloadBucket
  apiKeys: ApiKeys
}

const node = (file: string): string[] => ['node', `services/${file}`]

/** Each process: command, environment (docs/configuration.md), permissions, time to stop, and requests of the smoke check. */
export function ratesApi ({ config, database, apiKeys }: Stores) {
  const { poolSize, keysRequired, perClientPerMinute, asOfMaxPrices } = config.rates
  return {
    command: node('rates-api/main.ts'),
    environment: {
      ...common(config), ...database.environment('rates_api', { reads: true }),
      DATABASE_POOL_SIZE: String(poolSize), RATES_KEYS_REQUIRED: String(keysRequired),
      CORRECTIONS_KEEP_DAYS: String(config.corrections.keepDays), AS_OF_MAX_PRICES: String(asOfMaxPrices),
      // Only the internal balancer adds an entry. The public balancer forwards connections, and passes the client's address on.
      RATES_PER_CLIENT_PER_MINUTE: String(perClientPerMinute), TRUSTED_PROXIES: '1',
      ...(keysRequired ? { API_KEYS_SECRET: apiKeys.secretArn } : {}),
    },
    statements: [...database.connect('rates_api', { reads: true }), ...(keysRequired ? apiKeys.read() : [])],
    stopSeconds: 30,
    checks: [
      { path: '/ready', status: 200 },
      { path: '/rates', status: keysRequired ? 401 : 400 },
      { path: '/locations?q=a&limit=1', status: keysRequired ? 401 : 200 },
    ],
  }
}

export function ingestionApi (stores: Stores) {
  const { config, database, queue, payloads, apiKeys } = stores
  return {
    command: node('ingestion-api/main.ts'),
    environment: {
      ...common(config), ...storeEnvironment(stores), ...database.environment('ingestion_api'),
      DATABASE_POOL_SIZE: String(config.ingestion.poolSize), API_KEYS_SECRET: apiKeys.secretArn,
      READS_PER_MINUTE: String(config.ingestion.readsPerMinute), BATCHES_UNFINISHED_MAX: String(config.ingestion.batchesUnfinishedMax),
      RESPONSE_SLOW_MS: String(config.ingestion.p99Ms),
      // Bodies stream through the process. Memory that V8 and malloc retain for later could serve another body.
      NODE_OPTIONS: '--max-semi-space-size=2 --max-old-space-size=256', MALLOC_ARENA_MAX: '1',
    },
    statements: [...database.connect('ingestion_api'), ...queue.send(), ...payloads.accept(), ...apiKeys.read()],
    stopSeconds: 75,
    checks: [{ path: '/ready', status: 200 }, { path: '/openapi.json', status: 200 }, { method: 'POST', path: '/batches', status: 401 }],
  }
}

export function ingestionWorker (stores: Stores) {
  const { config, database, queue, payloads } = stores
  return {
    command: node('ingestion-worker/main.ts'),
    environment: {
      ...common(config), ...storeEnvironment(stores), ...database.environment('ingestion_worker'),
      WORKER_CONCURRENCY: String(config.worker.concurrency), PRICE_MAX_USD: String(config.worker.priceMaxUsd),
      OUTLIER_PROVIDERS: config.worker.outlierProviders, OUTLIER_FACTOR: String(config.worker.outlierFactor),
      OUTLIER_SHARE: String(config.worker.outlierPercent / 100), CORRECTIONS_KEEP_DAYS: String(config.corrections.keepDays),
      BATCHES_UNFINISHED_MAX: String(config.ingestion.batchesUnfinishedMax),
      FINISH_MS: '85000', // with the other phases of shutdown within Fargate's 120 s
      // A payload passes as buffers outside the heap, which a collection of the young generation frees: it must not come too rarely.
      NODE_OPTIONS: '--max-semi-space-size=1', MALLOC_ARENA_MAX: '1',
    },
    statements: [...database.connect('ingestion_worker'), ...queue.work(), ...payloads.apply()],
    stopSeconds: 120,
  }
}

export function migrator ({ config, database }: Stores) {
  return {
    command: node('migrate/main.ts'),
    environment: {
      LOG_LEVEL: config.logs.level, AWS_REGION: config.region, ...database.environment('migrator'),
      PRICES_FIRST_MONTH: config.prices.firstMonth, PRICES_MONTHS_AHEAD: String(config.prices.monthsAhead),
    },
    secrets: { BOOTSTRAP_DATABASE_URL: database.masterUrlSecretArn },
    statements: database.connect('migrator'),
    stopSeconds: 120,
    cpu: 512,
    memory: 1024,
  }
}

/** Operators' commands: `npm run ops -- --stack NAME …` supplies the rest of the command line. */
export function operations (stores: Stores) {
  const { config, database, queue, payloads } = stores
  return {
    command: [...node('ops/main.ts'), '--help'],
    environment: { ...storeEnvironment(stores), LOG_LEVEL: config.logs.level, DATABASE_BACKUP_DAYS: String(config.database.backupDays), ...database.environment('ops') },
    statements: [...database.connect('ops'), ...queue.send(), ...payloads.operate()],
    stopSeconds: 30,
    cpu: 512,
    memory: 1024,
  }
}

const common = ({ stack, region, logs }: Config) => ({
  ENVIRONMENT: stack, AWS_REGION: region, LOG_LEVEL: logs.level, PORT: String(containerPort), METRICS_NAMESPACE: metricsNamespace(stack),
})

/** Returns the CloudWatch namespace of the processes' own metrics. */
export const metricsNamespace = (stack: string): string => `FreightRates/${stack}`

const storeEnvironment = ({ config, queue, payloads }: Stores) => ({
  AWS_REGION: config.region, QUEUE_URL: queue.url, DEAD_LETTER_QUEUE_URL: queue.deadLetterUrl, PAYLOAD_BUCKET: payloads.name,
  PAYLOAD_KEEP_DAYS: String(config.payloads.keepDays),
})
