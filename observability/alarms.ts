import type { CloudWatchName } from '../lib/metrics/cloudwatch.ts'
import type { MetricName, processMetrics } from '../lib/metrics/definitions.ts'
import type { AwsMetric, AwsSource } from './aws-metrics.ts'

/**
 * An alarm condition, as plain data. Prometheus' rules, the alarms on AWS and the table in docs/observability.md are generated from it. The runbook
 * has a section for each alarm, and the alarm drill a cause: tests compare them.
 */
export type Alarm = {
  /** The problem, in one sentence. */
  summary: string
  /** `page` wakes an operator; `ticket` waits until the next working day. */
  severity: 'page' | 'ticket'
  /** Why the alarm has this threshold. */
  reason: string
  /** Condition on our own metrics; null if only AWS can measure it. */
  prometheus: PrometheusCondition | null
  /** Condition on AWS; null if another alarm on AWS covers it. */
  aws: AwsCondition | null
}

/**
 * A share of little traffic is meaningless: one failed request of one is 100 %. Shares and percentiles therefore need a minimum count.
 * The count is of failed requests where they are countable, not of all requests: the complete failure of a rarely used service must
 * raise an alarm (docs/decisions/0040-error-rate-alarms-need-five-failures.md).
 */
export type Least<Counted> = Counted & { count: number }

export type PrometheusCondition = {
  /** Metrics in the expression. */
  metrics: ReadonlyArray<MetricName | typeof processMetrics[number] | 'up'>
  /** One value for each failing object; `$window` is replaced by `windowMinutes`. */
  expression: string
  /** Minimum count in the window. */
  least?: Least<{ expression: string }>
  windowMinutes: number
  above: number
  /** Minutes for which the condition must hold. */
  forMinutes: number
}

export type AwsCondition = {
  /** `own` is the stack's own namespace, which has no dimensions. Any other source is the AWS resource that has the dimensions. */
  source: 'own' | AwsSource
  metric: CloudWatchName | AwsMetric
  statistic: 'Sum' | 'Average' | 'Minimum' | 'Maximum' | 'p99'
  /** The value is the metric divided by this metric of the same source. */
  shareOf?: AwsMetric
  /** Minimum count in a period, by the sum of this metric. With fewer, the period's value is 0. */
  least?: Least<{ metric: AwsMetric }>
  above?: number
  below?: number
  /** The threshold is a share of this limit, which the stack's program supplies: `max_connections`, or the allocated storage in bytes. */
  thresholdOf?: 'max_connections' | 'allocated_storage'
  periodSeconds: 60 | 300 | 900
  /** Evaluated periods, and the number of them that must exceed the threshold. */
  periods: number
  mustBreach: number
  /** Treatment of a period without data. */
  missing: 'breaching' | 'notBreaching' | 'ignore'
}

/** Three minutes of five, with two failed requests each: at least six. Prometheus requires five in its window of five minutes. */
const share5xx = {
  metric: 'HTTPCode_Target_5XX_Count', statistic: 'Sum', shareOf: 'RequestCount', least: { metric: 'HTTPCode_Target_5XX_Count', count: 2 },
  periodSeconds: 60, periods: 5, mustBreach: 3, missing: 'notBreaching',
} as const
const failedOf = (service: string): string => `sum(increase(freight_http_server_errors_total{service="${service}"}[$window]))`
const errorsOf = (service: string): Pick<PrometheusCondition, 'expression' | 'least'> => ({
  expression: `${failedOf(service)} / sum(increase(freight_http_request_seconds_count{service="${service}"}[$window]))`,
  least: { expression: failedOf(service), count: 5 },
})
const ratesRequests = (series: string): string => `sum(increase(freight_http_request_seconds_${series}[$window]))`

/** Every alarm, by name. The name is the heading of its section in docs/runbook.md. */
export const alarms = {
  'rates-errors': {
    summary: 'More than 1 % of the responses of the rates API are 5xx',
    severity: 'page',
    reason: 'A deployment causes no 5xx. A failover causes 503 for one to two minutes, and then database-unavailable fires too. Otherwise 1 % is a fault',
    prometheus: { metrics: ['freight_http_server_errors_total', 'freight_http_request_seconds'], ...errorsOf('rates-api'), windowMinutes: 5, above: 0.01, forMinutes: 1 },
    aws: { source: 'rates-api-requests', ...share5xx, above: 0.01 },
  },
  'rates-latency': {
    summary: 'The 99th percentile of GET /rates is half a second or more',
    severity: 'page',
    reason: 'A month from region to region over ten million prices takes 20 ms. A request that takes half a second waits for a connection or a lock',
    prometheus: {
      metrics: ['freight_http_request_seconds'],
      expression: 'histogram_quantile(0.99, sum by (le) (rate(freight_http_request_seconds_bucket{service="rates-api", route="/rates"}[$window])))',
      least: {
        expression: `${ratesRequests('count{service="rates-api", route="/rates"}')} - ${ratesRequests('bucket{service="rates-api", route="/rates", le="0.5"}')}`,
        count: 5,
      },
      windowMinutes: 5, above: 0.5, forMinutes: 2,
    },
    // CloudWatch does not count slow requests. One slow request in each of four minutes is four.
    aws: { source: 'rates-api-requests', metric: 'TargetResponseTime', statistic: 'p99', least: { metric: 'RequestCount', count: 5 }, above: 0.5, periodSeconds: 60, periods: 5, mustBreach: 4, missing: 'notBreaching' },
  },
  'ingestion-errors': {
    summary: 'More than 1 % of the responses of the ingestion API are 5xx',
    severity: 'page',
    reason: 'The ingestion API needs only the store and the queue to accept a batch. Providers retry, but not for hours',
    prometheus: { metrics: ['freight_http_server_errors_total', 'freight_http_request_seconds'], ...errorsOf('ingestion-api'), windowMinutes: 5, above: 0.01, forMinutes: 1 },
    aws: { source: 'ingestion-api-requests', ...share5xx, above: 0.01 },
  },
  'gateway-errors': {
    summary: 'More than 5 % of the responses of the API gateway are 5xx',
    severity: 'page',
    reason: 'No service counts the errors that the gateway or the load balancer returns itself, for example for an origin key that the load balancer does not know',
    prometheus: null,
    aws: { source: 'gateway', metric: '5xx', statistic: 'Sum', shareOf: 'Count', least: { metric: '5xx', count: 2 }, above: 0.05, periodSeconds: 60, periods: 5, mustBreach: 3, missing: 'notBreaching' },
  },
  'database-unavailable': {
    summary: 'Requests get 503 because the database is unavailable',
    severity: 'page',
    reason: 'A failover takes one to two minutes. A longer outage needs an operator',
    prometheus: {
      metrics: ['freight_db_unavailable_responses_total'], expression: 'sum(increase(freight_db_unavailable_responses_total[$window]))',
      windowMinutes: 1, above: 0, forMinutes: 2,
    },
    aws: { source: 'own', metric: 'DatabaseUnavailable', statistic: 'Sum', above: 0, periodSeconds: 60, periods: 3, mustBreach: 3, missing: 'notBreaching' },
  },
  'worker-stopped': {
    summary: 'No worker can receive and apply batches',
    severity: 'page',
    reason: 'Every worker has lost the database, the store or the queue, or no worker runs. No batch is lost, but no batch is applied',
    prometheus: {
      metrics: ['freight_worker_ready'], expression: '1 - (max(freight_worker_ready) or vector(0))', windowMinutes: 1, above: 0, forMinutes: 5,
    },
    aws: { source: 'own', metric: 'WorkerReady', statistic: 'Maximum', below: 1, periodSeconds: 60, periods: 5, mustBreach: 5, missing: 'breaching' },
  },
  'process-down': {
    summary: 'A process does not respond',
    severity: 'page',
    reason: 'A supervisor restarts a process within seconds. After two minutes the restarts have failed',
    prometheus: { metrics: ['up'], expression: '1 - up{job="freight-rates"}', windowMinutes: 1, above: 0, forMinutes: 2 },
    aws: { source: 'targets', metric: 'HealthyHostCount', statistic: 'Minimum', below: 1, periodSeconds: 60, periods: 2, mustBreach: 2, missing: 'breaching' },
  },
  'backlog-age': {
    summary: 'The oldest unfinished batch was accepted more than ten minutes ago',
    severity: 'page',
    reason: 'By default workers are scaled for a latency of two minutes, and a batch of a million rows takes one minute. A longer wait has another cause',
    prometheus: { metrics: ['freight_oldest_batch_seconds'], expression: 'max(freight_oldest_batch_seconds)', windowMinutes: 1, above: 600, forMinutes: 1 },
    aws: { source: 'own', metric: 'OldestBatchSeconds', statistic: 'Maximum', above: 600, periodSeconds: 60, periods: 2, mustBreach: 2, missing: 'ignore' },
  },
  'unfinished-batches': {
    summary: 'A provider has reached 80 % of its limit of unfinished batches',
    severity: 'ticket',
    reason: 'At BATCHES_UNFINISHED_MAX the ingestion API rejects new batches of the provider with 429 until some are final',
    prometheus: { metrics: ['freight_unfinished_batches_ratio'], expression: 'max(freight_unfinished_batches_ratio)', windowMinutes: 1, above: 0.8, forMinutes: 1 },
    aws: { source: 'own', metric: 'UnfinishedShare', statistic: 'Maximum', above: 0.8, periodSeconds: 60, periods: 2, mustBreach: 2, missing: 'ignore' },
  },
  'queue-length': {
    summary: 'The queue has more than 100,000 messages',
    severity: 'page',
    reason: 'SQS searches only the first 120,000 messages of a FIFO queue for an available group. Beyond that, the batches of one provider delay the batches of all others',
    prometheus: { metrics: ['freight_queue_messages'], expression: 'max(freight_queue_messages{queue="batches"})', windowMinutes: 1, above: 100_000, forMinutes: 0 },
    aws: { source: 'queue', metric: 'ApproximateNumberOfMessagesVisible', statistic: 'Maximum', above: 100_000, periodSeconds: 60, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'dead-letters': {
    summary: 'Dead-lettered batches wait for an operator',
    severity: 'ticket',
    reason: 'An accepted batch was not applied, and no retry is left. The alarm stays until an operator has redriven or discarded every dead letter',
    prometheus: { metrics: ['freight_batches'], expression: 'max(freight_batches{state="dead_lettered"})', windowMinutes: 1, above: 0, forMinutes: 0 },
    aws: { source: 'own', metric: 'DeadLetters', statistic: 'Maximum', above: 0, periodSeconds: 60, periods: 1, mustBreach: 1, missing: 'ignore' },
  },
  'payloads-expiring': {
    summary: 'The payload of a dead letter is deleted within 7 days',
    severity: 'ticket',
    reason: 'A batch without a payload can only be discarded, and its provider has to send the file again. Seven days include working days for the decision',
    prometheus: { metrics: ['freight_dead_letters_expiring'], expression: 'max(freight_dead_letters_expiring)', windowMinutes: 1, above: 0, forMinutes: 0 },
    aws: { source: 'own', metric: 'DeadLettersExpiring', statistic: 'Maximum', above: 0, periodSeconds: 300, periods: 1, mustBreach: 1, missing: 'ignore' },
  },
  'held-batches': {
    summary: 'Held batches wait for a person',
    severity: 'ticket',
    reason: 'The prices of a batch differ too much from those of the 30 days before. The batch rests until its provider or an operator has released or withdrawn it, and the alarm stays until then',
    prometheus: { metrics: ['freight_batches'], expression: 'max(freight_batches{state="held"})', windowMinutes: 1, above: 0, forMinutes: 0 },
    aws: { source: 'own', metric: 'HeldBatches', statistic: 'Maximum', above: 0, periodSeconds: 300, periods: 1, mustBreach: 1, missing: 'ignore' },
  },
  'store-suspect': {
    summary: 'The store returns other content than was accepted, for batches of several providers: receiving is paused',
    severity: 'page',
    reason: 'One unreadable batch is dead-lettered. Unreadable batches of two providers within a minute indicate a wrong bucket, a lifecycle rule or a restored store, and each attempt would dead-letter one more batch',
    prometheus: { metrics: ['freight_unreadable_batches'], expression: 'max(freight_unreadable_batches)', windowMinutes: 1, above: 0, forMinutes: 0 },
    aws: { source: 'own', metric: 'UnreadableBatches', statistic: 'Maximum', above: 0, periodSeconds: 60, periods: 1, mustBreach: 1, missing: 'ignore' },
  },
  'stray-messages': {
    summary: 'Messages refer to unknown batches',
    severity: 'ticket',
    reason: 'Only the ingestion API, the sweeper and operators send messages. A message without a manifest means that an object is lost or that another program sends to this queue',
    prometheus: { metrics: ['freight_stray_messages_total'], expression: 'sum(increase(freight_stray_messages_total[$window]))', windowMinutes: 15, above: 0, forMinutes: 0 },
    aws: { source: 'own', metric: 'StrayMessages', statistic: 'Sum', above: 0, periodSeconds: 900, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'dead-letter-queue': {
    summary: 'Messages stay in the dead-letter queue',
    severity: 'ticket',
    reason: 'The worker moves dead letters into the table of batches within seconds. SQS deletes a message that stays after 14 days, and no operator has seen it',
    prometheus: { metrics: ['freight_queue_messages'], expression: 'max(freight_queue_messages{queue="dead_letters"})', windowMinutes: 1, above: 0, forMinutes: 10 },
    aws: { source: 'dead-letter-queue', metric: 'ApproximateNumberOfMessagesVisible', statistic: 'Minimum', above: 0, periodSeconds: 60, periods: 10, mustBreach: 10, missing: 'notBreaching' },
  },
  'batch-failures': {
    summary: 'Attempts at batches fail with unknown errors',
    severity: 'ticket',
    reason: 'After ten failed attempts a batch is dead-lettered. Five in 15 minutes are a warning; one is a killed worker',
    prometheus: { metrics: ['freight_failures_total'], expression: 'sum(increase(freight_failures_total{class="unknown"}[$window]))', windowMinutes: 15, above: 4, forMinutes: 0 },
    aws: { source: 'own', metric: 'BatchFailures', statistic: 'Sum', above: 4, periodSeconds: 900, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'rejected-batches': {
    summary: 'Five or more batches were rejected within 15 minutes',
    severity: 'ticket',
    reason: 'The provider of one rejected batch has the report. Five indicate a changed format or a port that is missing in the reference data',
    prometheus: {
      metrics: ['freight_batches_finished_total'], expression: 'sum(increase(freight_batches_finished_total{outcome="rejected"}[$window]))',
      windowMinutes: 15, above: 4, forMinutes: 0,
    },
    aws: { source: 'own', metric: 'BatchesRejected', statistic: 'Sum', above: 4, periodSeconds: 900, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'messages-requeued': {
    summary: 'The sweeper sends lost messages again',
    severity: 'ticket',
    reason: 'The sweeper replaces the message of a process that was killed between two steps, which is rare. More than three in 15 minutes have a persistent cause',
    prometheus: { metrics: ['freight_messages_requeued_total'], expression: 'sum(increase(freight_messages_requeued_total[$window]))', windowMinutes: 15, above: 3, forMinutes: 0 },
    aws: { source: 'own', metric: 'MessagesRequeued', statistic: 'Sum', above: 3, periodSeconds: 900, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'merging-behind': {
    summary: 'A lane and month has more than 256 rows that are not merged',
    severity: 'ticket',
    reason: 'Merging leaves at most 64 rows of a lane and month under load, and fewer than MERGE_MIN_ROWS without. A request reads each of these rows: 256 cost it about a millisecond',
    prometheus: { metrics: ['freight_ledger_most_unmerged_rows'], expression: 'max(freight_ledger_most_unmerged_rows)', windowMinutes: 1, above: 256, forMinutes: 10 },
    aws: { source: 'own', metric: 'MostUnmergedRows', statistic: 'Maximum', above: 256, periodSeconds: 300, periods: 2, mustBreach: 2, missing: 'ignore' },
  },
  'months-left': {
    summary: 'Prices are accepted for fewer than three months after the current one',
    severity: 'ticket',
    reason: 'The migrator creates months at each deployment, and on AWS on the first day of each month. Below three, it has created none for most of PRICES_MONTHS_AHEAD. At zero, days of the next month are row errors',
    prometheus: { metrics: ['freight_partition_months_left'], expression: '3 - min(freight_partition_months_left)', windowMinutes: 1, above: 0, forMinutes: 0 },
    aws: { source: 'own', metric: 'PartitionMonthsLeft', statistic: 'Minimum', below: 3, periodSeconds: 300, periods: 1, mustBreach: 1, missing: 'ignore' },
  },
  'monthly-migration-not-started': {
    summary: 'The monthly run of the migrator could not be started',
    severity: 'ticket',
    reason: 'EventBridge Scheduler retries for six hours, then sends the invocation to the dead-letter queue of the schedule. One message is one month without a run',
    prometheus: null,
    aws: { source: 'schedule-dead-letters', metric: 'ApproximateNumberOfMessagesVisible', statistic: 'Maximum', above: 0, periodSeconds: 300, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'slow-queries': {
    summary: 'Database queries of the rates API take a second or more',
    severity: 'ticket',
    reason: 'A query of a lane takes half a millisecond, of a region tens of milliseconds. A second indicates a bad plan, a lock or a database without capacity. More than ten in five minutes are not a coincidence',
    prometheus: { metrics: ['freight_db_slow_queries_total'], expression: 'sum(increase(freight_db_slow_queries_total[$window]))', windowMinutes: 5, above: 10, forMinutes: 0 },
    aws: { source: 'own', metric: 'SlowQueries', statistic: 'Sum', above: 10, periodSeconds: 300, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'replica-lag': {
    summary: 'A replica is unavailable or lags more than a minute',
    severity: 'ticket',
    reason: 'The rates API queries the other replicas, and without any replica the primary, which then has their load too',
    prometheus: {
      metrics: ['freight_db_host_healthy'], expression: '1 - min by (host) (freight_db_host_healthy{host!="primary"})', windowMinutes: 1, above: 0, forMinutes: 5,
    },
    aws: { source: 'replica', metric: 'ReplicaLag', statistic: 'Maximum', above: 60, periodSeconds: 60, periods: 5, mustBreach: 5, missing: 'breaching' },
  },
  'api-keys-stale': {
    summary: 'The API keys have not been read for half an hour: a revoked key still works',
    severity: 'ticket',
    reason: 'A process reads the keys every two minutes, and twice a minute after a failure. Running processes accept the known keys meanwhile; a process that starts now has none',
    prometheus: { metrics: ['freight_keys_age_seconds'], expression: 'max by (service) (freight_keys_age_seconds)', windowMinutes: 1, above: 1_800, forMinutes: 0 },
    aws: { source: 'own', metric: 'KeysAgeSeconds', statistic: 'Maximum', above: 1_800, periodSeconds: 300, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'event-loop-delay': {
    summary: 'The event loop of a process is blocked for half a second',
    severity: 'ticket',
    reason: 'Heartbeats, health checks and responses wait for the event loop. The process runs one long synchronous task',
    prometheus: { metrics: ['nodejs_eventloop_lag_p99_seconds'], expression: 'max by (service) (nodejs_eventloop_lag_p99_seconds)', windowMinutes: 1, above: 0.5, forMinutes: 5 },
    aws: null,
  },
  memory: {
    summary: 'A process uses more than 85 % of its memory limit',
    severity: 'ticket',
    reason: 'Bodies and batches are streamed, so memory does not grow with their size. At the limit the process is killed',
    prometheus: { metrics: ['process_resident_memory_bytes'], expression: 'max by (service) (process_resident_memory_bytes) / (512 * 1024 * 1024)', windowMinutes: 1, above: 0.85, forMinutes: 5 },
    aws: { source: 'services', metric: 'MemoryUtilization', statistic: 'Maximum', above: 85, periodSeconds: 60, periods: 5, mustBreach: 5, missing: 'notBreaching' },
  },
  cpu: {
    summary: 'A service has used more than 85 % of its CPU for 15 minutes',
    severity: 'ticket',
    reason: 'The target of scaling is 60 %. A service that stays above 85 % has reached its maximum number of tasks',
    prometheus: { metrics: ['process_cpu_seconds_total'], expression: 'max by (service) (rate(process_cpu_seconds_total[$window]))', windowMinutes: 5, above: 0.85, forMinutes: 15 },
    aws: { source: 'services', metric: 'CPUUtilization', statistic: 'Average', above: 85, periodSeconds: 300, periods: 3, mustBreach: 3, missing: 'notBreaching' },
  },
  'database-cpu': {
    summary: 'The database has used more than 80 % of its CPU for 15 minutes',
    severity: 'ticket',
    reason: 'The database does not scale by itself',
    prometheus: null,
    aws: { source: 'database', metric: 'CPUUtilization', statistic: 'Average', above: 80, periodSeconds: 300, periods: 3, mustBreach: 3, missing: 'breaching' },
  },
  'database-connections': {
    summary: 'The database has more than 80 % of its maximum number of connections',
    severity: 'ticket',
    reason: 'The maximum number of blue and green tasks with full pools uses at most 80 % of max_connections. More connections have an unplanned source',
    prometheus: null,
    aws: { source: 'database', metric: 'DatabaseConnections', statistic: 'Maximum', above: 0.8, thresholdOf: 'max_connections', periodSeconds: 60, periods: 5, mustBreach: 5, missing: 'notBreaching' },
  },
  'database-storage': {
    summary: 'The database has less than 10 % of its storage left',
    severity: 'page',
    reason: 'A database without storage stops writing and may not restart. Storage autoscaling has reached its limit',
    prometheus: null,
    aws: { source: 'database', metric: 'FreeStorageSpace', statistic: 'Minimum', below: 0.1, thresholdOf: 'allocated_storage', periodSeconds: 300, periods: 2, mustBreach: 2, missing: 'ignore' },
  },
  'queue-age': {
    summary: 'A message has been in the queue for more than half an hour',
    severity: 'page',
    reason: 'The alarm backlog-age reads the database. This alarm works while the database is unavailable, and for a batch without a row',
    prometheus: null,
    aws: { source: 'queue', metric: 'ApproximateAgeOfOldestMessage', statistic: 'Maximum', above: 1_800, periodSeconds: 60, periods: 5, mustBreach: 5, missing: 'notBreaching' },
  },
} as const satisfies Record<string, Alarm>

export type AlarmName = keyof typeof alarms
