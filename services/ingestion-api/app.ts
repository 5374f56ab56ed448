import rateLimit, { type RateLimitOptions } from '@fastify/rate-limit'
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify'
import type { Sql } from 'postgres'
import type { Queue } from '../../lib/batch/queue.ts'
import { withRowsInPlace } from '../../lib/batch/store/row-in-place.ts'
import type { Store } from '../../lib/batch/store/store.ts'
import type { Uploads } from '../../lib/batch/store/uploads.ts'
import { openMetrics, type Metrics } from '../../lib/metrics/metrics.ts'
import { registerDocs } from '../../lib/http/openapi.ts'
import { registerHealth } from '../../lib/http/health.ts'
import { buildServer } from '../../lib/http/server.ts'
import type { ApiKey } from '../../lib/api-keys/api-keys.ts'
import type { Log } from '../../lib/process/log.ts'
import type { BodyLimits } from './body/meter.ts'
import { ignoreTypeWhereNothingIs, readJsonWhereWanted } from './body/no-body.ts'
import type { TimeLimits } from './body/receive.ts'
import { takeTurns, type TakeTurn, type TurnLimits } from './body/turns.ts'
import { perMinute } from './per-minute.ts'
import { registerBatches } from './routes/batches.ts'
import { registerDeadLetters } from './routes/dead-letters.ts'
import { registerErrors } from './routes/errors.ts'
import { registerSubmit } from './routes/submit.ts'
import { registerUploads } from './routes/uploads.ts'
import { limitUnfinished, type Unfinished } from './unfinished.ts'

export type Dependencies = {
  store: Store
  uploads: Uploads
  queue: Queue
  sql: Sql
  log: Log
  metrics?: Metrics
  /** The keys of now: they may change while the process runs. */
  keys: () => readonly ApiKey[]
  /** Days after which the bucket's lifecycle deletes payloads; undefined where it deletes none. */
  payloadKeepDays?: number | undefined
  limits: BodyLimits & TimeLimits & TurnLimits & { batchesPerMinute: number, readsPerMinute: number, unfinishedBatches: number }
}

/** What the routes work with. */
export type IngestionApi = Dependencies & { metrics: Metrics } & {
  rateLimit: RateLimitOptions
  /** Counts a request among its provider's reads. Throws `too-many-requests`. */
  limitReads: onRequestAsyncHookHandler
  takeTurn: TakeTurn
  unfinished: Unfinished
  /** Work that goes on after the answer, and that stopping waits for. */
  afterwards: (work: Promise<unknown>) => void
}

/** The ingestion API: takes batches whole and says how they are doing. Accepting needs the store and the queue, not the database. */
export async function buildIngestionApi (dependencies: Dependencies): Promise<FastifyInstance> {
  const { log, limits, sql, store, queue, metrics = openMetrics('ingestion-api') } = dependencies
  const app = buildServer({ log, metrics, requestTimeoutMs: limits.totalMs })
  const underWay = new Set<Promise<unknown>>()
  await app.register(rateLimit, { global: false })
  const api: IngestionApi = {
    ...dependencies,
    store: withRowsInPlace(store, sql, log),
    metrics,
    takeTurn: takeTurns(limits),
    unfinished: limitUnfinished({ sql, log, max: limits.unfinishedBatches }),
    rateLimit: perMinute(limits.batchesPerMinute, 'batches'),
    // One handler for all routes: each route with options of its own has counters of its own, with `groupId` too (@fastify/rate-limit 11.2.0).
    limitReads: app.rateLimit(perMinute(limits.readsPerMinute, 'reads')),
    afterwards (work) {
      const done = work.finally(() => underWay.delete(done))
      underWay.add(done)
    },
  }
  app.addHook('onRequest', ignoreTypeWhereNothingIs)
  app.addHook('onClose', async () => { await Promise.allSettled(underWay) })
  app.decorateRequest('caller', null)
  await registerDocs(app, { title: 'Freight rates: ingestion API', description: 'Send prices in batches and see what became of them.', keys: true })
  await app.register(async routes => {
    registerHealth(routes, { store: store.probe, queue: queue.countMessages, keys: async () => dependencies.keys() })
    registerSubmit(routes, api)
    registerBatches(routes, api)
    registerErrors(routes, api)
  })
  await app.register(async routes => { // their bodies are small JSON, read by the framework
    readJsonWhereWanted(routes, limits)
    registerUploads(routes, api)
    registerDeadLetters(routes, api)
  })
  return app
}
