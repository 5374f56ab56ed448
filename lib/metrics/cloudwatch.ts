import type { MetricName } from './definitions.ts'

/** A metric on AWS, derived from one Prometheus metric. */
export type CloudWatchMetric = {
  of: MetricName
  /** Only samples with these labels count. Their sum is the value. */
  where?: Readonly<Record<string, string>>
  /**
   * `increase`: how much a counter has grown since the last line, including 0. `value`: the value of a gauge, absent if unknown.
   * `mean`: the mean of the values that a histogram observed since the last line, absent without any.
   */
  take: 'increase' | 'value' | 'mean'
  unit: 'Count' | 'Seconds'
  help: string
}

/** Both services that use API keys publish this metric. Without dimensions one name is one metric, and AWS bills one metric. */
const keysAge = { of: 'freight_keys_age_seconds', take: 'value', unit: 'Seconds', help: 'time since the last successful read of the API keys, if they come from a secret; Maximum' } as const

/**
 * The metrics on CloudWatch: only those that an alarm, scaling or the dashboard reads, because AWS bills each metric by the month.
 * Metrics that AWS measures itself are not included, such as requests and their latency at the load balancer.
 *
 * Every worker publishes the gauges of the whole system (batches, their age, providers) from the same database: read their
 * Maximum. Each process publishes its own counts: read their Sum.
 */
export const cloudWatchMetrics = {
  'rates-api': {
    DatabaseUnavailable: { of: 'freight_db_unavailable_responses_total', take: 'increase', unit: 'Count', help: 'responses with status 503 because the database is unavailable' },
    SlowQueries: { of: 'freight_db_slow_queries_total', take: 'increase', unit: 'Count', help: 'database queries that took a second or more' },
    KeysAgeSeconds: keysAge,
  },
  'ingestion-api': {
    SlowResponses: { of: 'freight_http_slow_responses_total', take: 'increase', unit: 'Count', help: 'slow responses, without the wait for the end of a batch' },
    BatchesAccepted: { of: 'freight_batches_accepted_total', where: { replayed: 'no' }, take: 'increase', unit: 'Count', help: 'batches accepted' },
    KeysAgeSeconds: keysAge,
  },
  'ingestion-worker': {
    BatchesApplied: { of: 'freight_batches_finished_total', where: { outcome: 'applied' }, take: 'increase', unit: 'Count', help: 'batches applied' },
    BatchesRejected: { of: 'freight_batches_finished_total', where: { outcome: 'rejected' }, take: 'increase', unit: 'Count', help: 'batches rejected' },
    BatchesDeadLettered: { of: 'freight_batches_finished_total', where: { outcome: 'dead_lettered' }, take: 'increase', unit: 'Count', help: 'batches dead-lettered' },
    DeadLetters: { of: 'freight_batches', where: { state: 'dead_lettered' }, take: 'value', unit: 'Count', help: 'dead letters that wait for an operator; Maximum' },
    HeldBatches: { of: 'freight_batches', where: { state: 'held' }, take: 'value', unit: 'Count', help: 'held batches that wait for a person; Maximum' },
    DeadLettersExpiring: { of: 'freight_dead_letters_expiring', take: 'value', unit: 'Count', help: 'dead letters whose payload is deleted within 7 days, or was; Maximum' },
    UnreadableBatches: { of: 'freight_unreadable_batches', take: 'value', unit: 'Count', help: 'batches held because the store is suspect; Maximum' },
    StrayMessages: { of: 'freight_stray_messages_total', take: 'increase', unit: 'Count', help: 'messages that name no known batch' },
    BatchesQueued: { of: 'freight_batches', where: { state: 'queued' }, take: 'value', unit: 'Count', help: 'batches that no worker has started; Maximum' },
    ProvidersWithWork: { of: 'freight_providers_with_work', take: 'value', unit: 'Count', help: 'providers with a queued or processing batch; Maximum' },
    OldestBatchSeconds: { of: 'freight_oldest_batch_seconds', take: 'value', unit: 'Seconds', help: 'age of the oldest queued or processing batch; Maximum' },
    MostUnmergedRows: { of: 'freight_ledger_most_unmerged_rows', take: 'value', unit: 'Count', help: 'largest number of rows of one lane and month that are not merged; Maximum' },
    PartitionMonthsLeft: { of: 'freight_partition_months_left', take: 'value', unit: 'Count', help: 'months after the current one for which prices are accepted; Minimum' },
    UnfinishedShare: { of: 'freight_unfinished_batches_ratio', take: 'value', unit: 'Count', help: 'unfinished batches of the provider with the most, divided by the limit; Maximum' },
    SecondsPerBatch: { of: 'freight_batch_seconds', take: 'mean', unit: 'Seconds', help: 'duration of an attempt that brought its batch to a final state; Average' },
    BatchFailures: { of: 'freight_failures_total', where: { class: 'unknown' }, take: 'increase', unit: 'Count', help: 'attempts that failed with an unclassified error' },
    MessagesReceived: { of: 'freight_receives_total', where: { result: 'message' }, take: 'increase', unit: 'Count', help: 'messages received' },
    MessagesRequeued: { of: 'freight_messages_requeued_total', take: 'increase', unit: 'Count', help: 'messages that the sweeper sent' },
    WorkerReady: { of: 'freight_worker_ready', take: 'value', unit: 'Count', help: '1 if a worker can receive and apply; Maximum' },
  },
} as const satisfies Record<string, Record<string, CloudWatchMetric>>

type Tables = typeof cloudWatchMetrics
export type CloudWatchName = { [S in keyof Tables]: keyof Tables[S] }[keyof Tables] & string
