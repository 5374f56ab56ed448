import type { RateLimitOptions } from '@fastify/rate-limit'
import type { onRequestAsyncHookHandler } from 'fastify'
import type { Sql } from 'postgres'
import type { ApiKey } from '../../lib/api-keys/api-keys.ts'
import type { Queue } from '../../lib/batch/queue.ts'
import type { Store } from '../../lib/batch/store/store.ts'
import type { Uploads } from '../../lib/batch/store/uploads.ts'
import type { Metrics } from '../../lib/metrics/metrics.ts'
import type { Log } from '../../lib/process/log.ts'
import type { BodyLimits } from './body/meter.ts'
import type { TimeLimits } from './body/receive.ts'
import type { WithBodySlot, BodySlotLimits } from './body/body-slots.ts'
import type { Unfinished } from './unfinished.ts'
import type { WaitForEnd } from './waiting/wait-for-end.ts'

export type Dependencies = {
  store: Store
  uploads: Uploads
  queue: Queue
  sql: Sql
  log: Log
  metrics?: Metrics
  /** Returns the current keys, which may change while the process runs. */
  keys: () => readonly ApiKey[]
  /** Days after which the bucket's lifecycle deletes payloads; undefined if it deletes none. */
  payloadKeepDays?: number | undefined
  limits: BodyLimits & TimeLimits & BodySlotLimits & {
    batchesPerMinute: number, readsPerMinute: number, unfinishedBatches: number, waitMaxSeconds: number, waiters: number,
    slowResponseMs: number
  }
}

/** The dependencies of the routes. */
export type IngestionApi = Dependencies & { metrics: Metrics } & {
  rateLimit: RateLimitOptions
  /** Counts a request among its provider's reads. Throws `too-many-requests`. */
  limitReads: onRequestAsyncHookHandler
  withBodySlot: WithBodySlot
  unfinished: Unfinished
  waitForEnd: WaitForEnd
  /** Tracks work that continues after the response. Shutdown waits for the work. */
  runInBackground: (work: Promise<unknown>) => void
}
