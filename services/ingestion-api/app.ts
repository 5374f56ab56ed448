import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import { declareCaller } from '../../lib/api-keys/require-key.ts'
import { withManifestFallback } from '../../lib/batch/store/manifest-fallback.ts'
import { openMetrics } from '../../lib/metrics/metrics.ts'
import { registerDocs } from '../../lib/http/openapi.ts'
import { registerHealth } from '../../lib/http/health.ts'
import { buildServer } from '../../lib/http/server.ts'
import { shutdownSignal } from '../../lib/http/drain.ts'
import { ignoreTypeOfEmptyBody, readJsonBodies } from './body/json-body.ts'
import { limitBodySlots } from './body/body-slots.ts'
import { perMinute } from './per-minute.ts'
import { countSlowResponses } from './slow-responses.ts'
import { registerBatches } from './routes/batches.ts'
import { registerDeadLetters } from './routes/dead-letters.ts'
import { registerEffect } from './routes/effect.ts'
import { registerErrors } from './routes/errors.ts'
import { registerPrices } from './routes/prices.ts'
import { registerProfiles } from './routes/profiles.ts'
import { registerRelease } from './routes/release.ts'
import { registerSubmit } from './routes/submit.ts'
import { registerUploads } from './routes/uploads.ts'
import { registerWithdraw } from './routes/withdraw.ts'
import { limitUnfinished } from './unfinished.ts'
import { openWaitForEnd } from './waiting/wait-for-end.ts'
import { openWaiters } from './waiting/waiters.ts'
import type { Dependencies, IngestionApi } from './context.ts'

/** Builds the ingestion API, which accepts batches and reports their state. Accepting needs the store and the queue, not the database. */
export async function buildIngestionApi (dependencies: Dependencies): Promise<FastifyInstance> {
  const { log, limits, sql, store, queue, metrics = openMetrics('ingestion-api') } = dependencies
  const app = buildServer({ log, metrics, requestTimeoutMs: limits.totalMs })
  const backgroundTasks = new Set<Promise<unknown>>()
  await app.register(rateLimit, { global: false })
  const api: IngestionApi = {
    ...dependencies,
    store: withManifestFallback(store, sql, log),
    metrics,
    withBodySlot: limitBodySlots(limits),
    unfinished: limitUnfinished({ sql, log, max: limits.unfinishedBatches }),
    waitForEnd: openWaitForEnd(openWaiters({ sql, log, metrics, max: limits.waiters, shutdown: shutdownSignal(app) }), limits.waitMaxSeconds),
    rateLimit: perMinute(limits.batchesPerMinute, 'batches'),
    // One handler for all routes: a route with its own options has its own counters, even with `groupId` (@fastify/rate-limit 11.2.0).
    limitReads: app.rateLimit(perMinute(limits.readsPerMinute, 'reads')),
    runInBackground (work) {
      const done = work.finally(() => backgroundTasks.delete(done))
      backgroundTasks.add(done)
    },
  }
  countSlowResponses(app, metrics, limits.slowResponseMs)
  app.addHook('onRequest', ignoreTypeOfEmptyBody)
  app.addHook('onClose', async () => { await Promise.allSettled(backgroundTasks) })
  declareCaller(app)
  await registerDocs(app, { title: 'Freight rates: ingestion API', description: 'Send prices in batches and read the state of each batch.', keys: true })
  await app.register(async routes => {
    registerHealth(routes, { store: store.probe, queue: queue.countMessages, keys: async () => dependencies.keys() })
    registerSubmit(routes, api)
    registerBatches(routes, api)
    registerErrors(routes, api)
    registerPrices(routes, api)
    registerEffect(routes, api)
  })
  await app.register(async routes => { // Fastify reads their small JSON bodies
    readJsonBodies(routes, limits)
    registerUploads(routes, api)
    registerDeadLetters(routes, api)
    registerWithdraw(routes, api)
    registerRelease(routes, api)
    registerProfiles(routes, api)
  })
  return app
}
