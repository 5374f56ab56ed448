import { alarms, type Alarm } from '../observability/alarms.ts'
import { cloudWatchMetrics } from '../lib/metrics/cloudwatch.ts'
import type { Settings } from './config-schema.ts'
import type { MetricSources } from './metric-sources.ts'

/** Number of our own metrics. A name that two processes publish is one metric, since no metric has dimensions. */
export const ownMetrics = new Set(Object.values(cloudWatchMetrics).flatMap(metrics => Object.keys(metrics))).size

/** Returns the number of metrics that alarms read. AWS bills an alarm by its metrics. */
export function alarmMetrics (settings: Pick<Settings, 'database'>): number {
  const { engine, replicas } = settings.database
  const isAurora = engine === 'aurora'
  // Of each source in infra/metric-sources.ts: its resources, times their sets of dimensions.
  const read: Record<keyof MetricSources, number> = {
    own: 1, 'rates-api-requests': 2, 'ingestion-api-requests': 2, gateway: 1, targets: 2 * 2, services: 3, database: 1,
    replica: isAurora ? Math.min(replicas, 1) : replicas, queue: 1, 'dead-letter-queue': 1, 'schedule-dead-letters': 1,
  }
  const defined = Object.values<Alarm>(alarms).map(({ aws }) => {
    if (!aws || (isAurora && aws.thresholdOf === 'allocated_storage')) return 0
    return read[aws.source] * new Set([aws.metric, aws.shareOf ?? aws.metric, aws.least?.metric ?? aws.metric]).size
  }).reduce((sum, metrics) => sum + metrics, 0)
  return defined + rollback + workerAge + scaling + (isAurora && replicas > 0 ? alarmsOfPolicy : 0)
}

/**
 * Rollback alarms of each API: the share of errors, p99 with the number of requests, and failing tasks, over both target groups. The ingestion API
 * counts its slow responses itself. Of the worker: its tasks.
 */
const rollback = (4 + 4 + 2) + (4 + 3 + 2) + 2
const workerAge = 4
/** A target-tracking policy creates two alarms itself: one to scale out, one to scale in. */
const alarmsOfPolicy = 2
/** CPU and requests of each API, and the worker's backlog. */
const scaling = alarmsOfPolicy * (2 * (1 + 2) + 4)
