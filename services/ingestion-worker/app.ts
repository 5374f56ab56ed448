import type { GuardOptions } from './apply/guard/outliers.ts'
import type { FastifyInstance } from 'fastify'
import type { Sql } from 'postgres'
import type { Queue } from '../../lib/batch/queue.ts'
import type { Store } from '../../lib/batch/store/store.ts'
import { openMetrics, type Metrics } from '../../lib/metrics/metrics.ts'
import { readMigrations } from '../../lib/migrations/migrations.ts'
import { closeReadOnlyConnections } from '../../lib/postgres/database.ts'
import { withDeadline } from '../../lib/process/deadline.ts'
import { registerHealth } from '../../lib/http/health.ts'
import { buildServer } from '../../lib/http/server.ts'
import type { Log } from '../../lib/process/log.ts'
import { requireSchema } from '../../lib/migrations/schema.ts'
import { publishWorkerRulesUntilWritten } from './upkeep/publish-worker-rules.ts'
import type { BatchLimits } from './apply/rules.ts'
import { watchBacklog } from './upkeep/backlog.ts'
import { consume, type Consumer, type ConsumeOptions } from './receive/consume.ts'
import { recordDeadLetters } from './upkeep/dead-letters.ts'
import { recheckHeldBatches } from './receive/recheck-held-batches.ts'
import { CircuitBreaker } from './receive/circuit-breaker.ts'
import type { HeartbeatOptions } from './receive/heartbeat.ts'
import { cacheMaxReceives } from './receive/max-receives.ts'
import { watchParked, type Parked } from './receive/parked.ts'
import { protectTask, type ProtectionOptions } from './receive/protection.ts'
import { removeWithdrawnUntil } from './upkeep/remove-withdrawn.ts'
import { sweepUntil } from './upkeep/sweeper.ts'
import { mergeUntil, type MergeOptions } from './merge/merge.ts'
import { vacuumUntil } from './merge/vacuum.ts'

export type Dependencies = {
  name: string
  sql: Sql
  store: Store
  queue: Queue
  /** The dead-letter queue. */
  deadLetters: Queue
  log: Log
  metrics?: Metrics
  receive: ConsumeOptions
  limits: BatchLimits
  /** The guard against outliers. Absent: no provider is guarded. */
  guard?: GuardOptions
  /** Pause before an object that differs from what was accepted is read again, in milliseconds. */
  secondLookMs?: number
  /** Longest pause between two attempts of a batch that waits for a dependency, in milliseconds. */
  waitMaxMs?: number
  /** Time for which the message of a batch of a newer release is hidden, in seconds. */
  newerReleaseSeconds?: number
  /** Shortest time that the store is suspect, in seconds. After this time, one other readable batch ends the suspicion. */
  suspectSeconds?: number
  heartbeat: HeartbeatOptions
  sweep: { everySeconds: number, lostAfterSeconds: number }
  /** Without it the worker merges nothing. */
  merge?: MergeOptions
  /** ECS task protection; without `agentUri` the process runs outside ECS and needs none. */
  protection?: Pick<ProtectionOptions, 'agentUri' | 'renewSeconds'>
  /** Days for which the prices of a withdrawn batch are kept. */
  correctionsKeepDays?: number
  /** Time between two updates of the backlog metrics, in seconds. */
  backlogSeconds?: number
  /** Largest number of unfinished batches of one provider. */
  unfinishedMax?: number
  /** Days after which the bucket's lifecycle deletes payloads; undefined if the lifecycle deletes none. */
  payloadKeepDays?: number | undefined
}

export type IngestionWorker = {
  /** HTTP server of the health checks. */
  app: FastifyInstance
  start: () => void
  stopReceiving: () => Promise<unknown>
  /** Resolves when no batch is in flight, or after `limitMs`. */
  finishBatches: (limitMs: number) => Promise<unknown>
  /** Rolls back the batches in flight and returns their messages to the queue at once. */
  releaseMessages: () => Promise<unknown>
}

/** Builds the ingestion worker, which receives messages and applies their batches in one transaction each. */
export function buildIngestionWorker (
  { receive, metrics = openMetrics('ingestion-worker'), backlogSeconds = 15, unfinishedMax = 5_000, ...options }: Dependencies
): IngestionWorker {
  const { secondLookMs = 1_000, suspectSeconds = 600 } = options
  const dependencies = { ...options, metrics, backlogSeconds, unfinishedMax, secondLookMs }
  const { sql, store, queue, log, sweep, merge, limits, heartbeat } = dependencies
  const forceStop = new AbortController()
  const migrations = readMigrations()
  const ready = (isReceiving: boolean): void => metrics.set('freight_worker_ready', {}, Number(isReceiving))
  const breaker = new CircuitBreaker(async () => {
    await Promise.all([requireSchema(sql, migrations), store.probe()])
    await recheckHeldBatches({ sql, store, log, maxDecodedBytes: limits.maxDecodedBytes, suspectSeconds, signal: forceStop.signal }).catch(error => {
      closeReadOnlyConnections(sql, error)
      throw error
    })
  }, log, forceStop.signal, ready)
  const app = buildServer({ log })
  registerHealth(app, { database: () => requireSchema(sql, migrations), store: store.probe, queue: queue.countMessages })
  const protection = protectTask({ renewSeconds: 60, ...dependencies.protection, log, metrics })
  const maxReceives = cacheMaxReceives(queue, log)
  let consumer: Consumer | undefined
  let parked: Parked | undefined
  const stopping = new AbortController()
  let backgroundLoops: Promise<unknown> = Promise.resolve()
  return {
    app,
    start () {
      breaker.trip('dependencies not checked yet', 'info')
      maxReceives().catch(() => {}) // fills the cache before the first failure needs the value
      parked = watchParked(sql, queue, log, heartbeat.visibilitySeconds * 1_000 / 3)
      consumer = consume({ ...dependencies, breaker, protection, parked, maxReceives, forceStop: forceStop.signal }, receive)
      backgroundLoops = Promise.all([
        recordDeadLetters({ ...dependencies, breaker, receiveSeconds: receive.receiveSeconds }, stopping.signal, forceStop.signal),
        publishWorkerRulesUntilWritten(dependencies, stopping.signal),
        watchBacklog({ ...dependencies, onStoreSuspect: () => breaker.trip('STORE_SUSPECT: batches are held') }, stopping.signal),
        removeWithdrawnUntil({ ...dependencies, correctionsKeepDays: dependencies.correctionsKeepDays ?? 400 }, stopping.signal),
        sweepUntil({ ...dependencies, ...sweep, reported: new Set() }, stopping.signal),
        merge && mergeUntil({ ...dependencies, ...merge, breaker, isBusy: consumer.isBusy }, stopping.signal),
        merge && vacuumUntil({ ...dependencies, ...merge, breaker }, stopping.signal),
      ])
    },
    stopReceiving () {
      stopping.abort()
      return Promise.all([consumer?.stopReceiving(), backgroundLoops])
    },
    finishBatches: limitMs => withDeadline(Promise.resolve(consumer?.finished), limitMs)
      .catch(() => log.warn({ limitMs }, 'shutdown deadline exceeded: rolling back batch')),
    async releaseMessages () {
      forceStop.abort(Object.assign(new Error('shutdown deadline exceeded'), { code: 'STOPPING' }))
      await consumer?.finished
      await parked?.stop()
      await protection.stop()
    },
  }
}
