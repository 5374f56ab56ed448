import type { CloudWatchName } from '../lib/metrics/cloudwatch.ts'
import type { MetricName, processMetrics } from '../lib/metrics/definitions.ts'
import type { AwsMetric, AwsSource } from './aws-metrics.ts'

/** A condition that somebody must know of. Plain data: Prometheus' rules, the alarms on AWS, the runbook and the drill are made from it. */
export type Alarm = {
  /** What is wrong, in one sentence. */
  summary: string
  /** `page` wakes somebody; `ticket` waits for the working day. */
  severity: 'page' | 'ticket'
  /** Why this threshold and not another. */
  reason: string
  /** Where our own metrics tell: null for what only AWS can measure. */
  prometheus: PrometheusCondition | null
  /** On AWS: null where another alarm there says it. */
  aws: AwsCondition | null
}

/**
 * A share of little traffic says nothing: one failed request of one is 100 %. Shares, and percentiles, which are shares too, hold only
 * from so many events on. What is counted are the failed requests where they can be counted, not all requests: a service that few
 * use and that fails altogether is an alarm (docs/decisions/0040-error-rate-alarms-need-five-failures.md).
 */
export type Least<Counted> = Counted & { count: number }

export type PrometheusCondition = {
  /** What the expression reads. */
  metrics: ReadonlyArray<MetricName | typeof processMetrics[number] | 'up'>
  /** A value for each thing that can be in trouble; `$window` stands for `windowMinutes`. */
  expression: string
  /** So many in the window. */
  least?: Least<{ expression: string }>
  windowMinutes: number
  above: number
  /** How long it must be so. */
  forMinutes: number
}

export type AwsCondition = {
  /** `own` is the stack's own namespace, which has no dimensions; else the AWS resource whose dimensions it has. */
  source: 'own' | AwsSource
  metric: CloudWatchName | AwsMetric
  statistic: 'Sum' | 'Average' | 'Minimum' | 'Maximum' | 'p99'
  /** The value is the metric's share of this one, from the same source. */
  shareOf?: AwsMetric
  /** So many in a period, by their sum; with fewer the value of the period is 0. */
  least?: Least<{ metric: AwsMetric }>
  above?: number
  below?: number
  /** The threshold is a share of this, which the stack's program knows: `max_connections`, or the allocated storage in bytes. */
  thresholdOf?: 'max_connections' | 'allocated_storage'
  periodSeconds: 60 | 300 | 900
  /** Periods looked at, and how many of them must be beyond the threshold. */
  periods: number
  mustBreach: number
  /** What a period without data means. */
  missing: 'breaching' | 'notBreaching' | 'ignore'
}

/** In three minutes of five: six failed requests at least, as Prometheus wants five in its window of five minutes. */
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

/** Every alarm, by its name, which is the heading of its section in docs/runbook.md. */
export const alarms = {
  'rates-errors': {
    summary: 'More than one in a hundred answers of the rates API is a 5xx',
    severity: 'page',
    reason: 'A deployment and a failover lose no request, so that one in a hundred over five minutes is neither',
    prometheus: { metrics: ['freight_http_server_errors_total', 'freight_http_request_seconds'], ...errorsOf('rates-api'), windowMinutes: 5, above: 0.01, forMinutes: 1 },
    aws: { source: 'rates-api-requests', ...share5xx, above: 0.01 },
  },
  'rates-latency': {
    summary: 'The slowest hundredth of GET /rates takes half a second or more',
    severity: 'page',
    reason: 'A region to region month over ten million prices takes 20 ms; half a second is waiting, for a connection or a lock',
    prometheus: {
      metrics: ['freight_http_request_seconds'],
      expression: 'histogram_quantile(0.99, sum by (le) (rate(freight_http_request_seconds_bucket{service="rates-api", route="/rates"}[$window])))',
      least: {
        expression: `${ratesRequests('count{service="rates-api", route="/rates"}')} - ${ratesRequests('bucket{service="rates-api", route="/rates", le="0.5"}')}`,
        count: 5,
      },
      windowMinutes: 5, above: 0.5, forMinutes: 2,
    },
    // CloudWatch does not count the slow ones: one in each of four minutes is four.
    aws: { source: 'rates-api-requests', metric: 'TargetResponseTime', statistic: 'p99', least: { metric: 'RequestCount', count: 5 }, above: 0.5, periodSeconds: 60, periods: 5, mustBreach: 4, missing: 'notBreaching' },
  },
  'ingestion-errors': {
    summary: 'More than one in a hundred answers of the ingestion API is a 5xx',
    severity: 'page',
    reason: 'Accepting needs the store and the queue alone; providers send again, but not for hours',
    prometheus: { metrics: ['freight_http_server_errors_total', 'freight_http_request_seconds'], ...errorsOf('ingestion-api'), windowMinutes: 5, above: 0.01, forMinutes: 1 },
    aws: { source: 'ingestion-api-requests', ...share5xx, above: 0.01 },
  },
  'gateway-errors': {
    summary: 'More than one in twenty answers of the API gateway is a 5xx',
    severity: 'page',
    reason: 'What the gateway or the balancer answers itself, such as a key of CloudFront that the balancer does not know, no service counts',
    prometheus: null,
    aws: { source: 'gateway', metric: '5xx', statistic: 'Sum', shareOf: 'Count', least: { metric: '5xx', count: 2 }, above: 0.05, periodSeconds: 60, periods: 5, mustBreach: 3, missing: 'notBreaching' },
  },
  'database-away': {
    summary: 'Answers are 503 because the database is away',
    severity: 'page',
    reason: 'A failover takes one to two minutes; what lasts longer does not end by itself',
    prometheus: {
      metrics: ['freight_database_unavailable_total'], expression: 'sum(increase(freight_database_unavailable_total[$window]))',
      windowMinutes: 1, above: 0, forMinutes: 2,
    },
    aws: { source: 'own', metric: 'DatabaseUnavailable', statistic: 'Sum', above: 0, periodSeconds: 60, periods: 3, mustBreach: 3, missing: 'notBreaching' },
  },
  'worker-stopped': {
    summary: 'No worker can receive and apply batches',
    severity: 'page',
    reason: 'The database, the store or the queue is away for all of them, or there is no worker; batches wait and nothing is lost, but nothing arrives either',
    prometheus: {
      metrics: ['freight_worker_ready'], expression: '1 - (max(freight_worker_ready) or vector(0))', windowMinutes: 1, above: 0, forMinutes: 5,
    },
    aws: { source: 'own', metric: 'WorkerReady', statistic: 'Maximum', below: 1, periodSeconds: 60, periods: 5, mustBreach: 5, missing: 'breaching' },
  },
  'process-down': {
    summary: 'A process does not answer',
    severity: 'page',
    reason: 'A supervisor starts it again within seconds, unless it cannot',
    prometheus: { metrics: ['up'], expression: '1 - up{job="freight-rates"}', windowMinutes: 1, above: 0, forMinutes: 2 },
    aws: { source: 'targets', metric: 'HealthyHostCount', statistic: 'Minimum', below: 1, periodSeconds: 60, periods: 2, mustBreach: 2, missing: 'breaching' },
  },
  'backlog-age': {
    summary: 'A batch was accepted ten minutes ago and is not applied',
    severity: 'page',
    reason: 'Ten minutes is the latency that workers are scaled for; a batch of a million rows takes one of them',
    prometheus: { metrics: ['freight_oldest_batch_seconds'], expression: 'max(freight_oldest_batch_seconds)', windowMinutes: 1, above: 600, forMinutes: 1 },
    aws: { source: 'own', metric: 'OldestBatchSeconds', statistic: 'Maximum', above: 600, periodSeconds: 60, periods: 2, mustBreach: 2, missing: 'ignore' },
  },
  'unfinished-batches': {
    summary: 'A provider has 80 % of the unfinished batches that it may have',
    severity: 'ticket',
    reason: 'At BATCHES_UNFINISHED_MAX its new batches are refused with 429 until some are final; workers or the provider need attention before',
    prometheus: { metrics: ['freight_unfinished_share'], expression: 'max(freight_unfinished_share)', windowMinutes: 1, above: 0.8, forMinutes: 1 },
    aws: { source: 'own', metric: 'UnfinishedShare', statistic: 'Maximum', above: 0.8, periodSeconds: 60, periods: 2, mustBreach: 2, missing: 'ignore' },
  },
  'queue-length': {
    summary: 'The queue has 100,000 messages',
    severity: 'page',
    reason: 'SQS looks for the next message of a FIFO queue among the first 120,000 alone: beyond, batches of providers with few messages wait for all before them',
    prometheus: { metrics: ['freight_queue_messages'], expression: 'max(freight_queue_messages{queue="batches"})', windowMinutes: 1, above: 100_000, forMinutes: 0 },
    aws: { source: 'queue', metric: 'ApproximateNumberOfMessagesVisible', statistic: 'Maximum', above: 100_000, periodSeconds: 60, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'dead-letters': {
    summary: 'Batches are dead letters and wait for an operator',
    severity: 'ticket',
    reason: 'Each is a promise to a provider that nothing but a person can keep now; it stands until all are redriven or discarded',
    prometheus: { metrics: ['freight_batches'], expression: 'max(freight_batches{state="dead_lettered"})', windowMinutes: 1, above: 0, forMinutes: 0 },
    aws: { source: 'own', metric: 'DeadLetters', statistic: 'Maximum', above: 0, periodSeconds: 60, periods: 1, mustBreach: 1, missing: 'ignore' },
  },
  'payloads-expiring': {
    summary: 'The payload of a dead letter is deleted within 7 days',
    severity: 'ticket',
    reason: 'Without its payload a batch can only be discarded, and its provider has to send the file again. A week has working days in which somebody decides',
    prometheus: { metrics: ['freight_dead_letters_expiring'], expression: 'max(freight_dead_letters_expiring)', windowMinutes: 1, above: 0, forMinutes: 0 },
    aws: { source: 'own', metric: 'DeadLettersExpiring', statistic: 'Maximum', above: 0, periodSeconds: 300, periods: 1, mustBreach: 1, missing: 'ignore' },
  },
  'store-in-doubt': {
    summary: 'The store does not give what was accepted, for batches of several providers: no worker receives',
    severity: 'page',
    reason: 'One broken batch is a dead letter; two providers\' within a minute are a wrong bucket, a lifecycle rule or a restored store, and each batch tried makes one more',
    prometheus: { metrics: ['freight_unreadable_batches'], expression: 'max(freight_unreadable_batches)', windowMinutes: 1, above: 0, forMinutes: 0 },
    aws: { source: 'own', metric: 'UnreadableBatches', statistic: 'Maximum', above: 0, periodSeconds: 60, periods: 1, mustBreach: 1, missing: 'ignore' },
  },
  'stray-messages': {
    summary: 'Messages name no batch that is known',
    severity: 'ticket',
    reason: 'Only the ingestion API, the sweeper and operators send messages: where one names no manifest, an object is lost or another program sends to this queue',
    prometheus: { metrics: ['freight_stray_messages_total'], expression: 'sum(increase(freight_stray_messages_total[$window]))', windowMinutes: 15, above: 0, forMinutes: 0 },
    aws: { source: 'own', metric: 'StrayMessages', statistic: 'Sum', above: 0, periodSeconds: 900, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'dead-letter-queue': {
    summary: 'Messages stay in the dead-letter queue and are not recorded',
    severity: 'ticket',
    reason: 'The worker empties it into the table of batches within seconds; what stays there is seen by nobody and deleted after 14 days',
    prometheus: { metrics: ['freight_queue_messages'], expression: 'max(freight_queue_messages{queue="dead_letters"})', windowMinutes: 1, above: 0, forMinutes: 10 },
    aws: { source: 'dead-letter-queue', metric: 'ApproximateNumberOfMessagesVisible', statistic: 'Minimum', above: 0, periodSeconds: 60, periods: 10, mustBreach: 10, missing: 'notBreaching' },
  },
  'batch-failures': {
    summary: 'Attempts at batches fail for a reason that is not known',
    severity: 'ticket',
    reason: 'Ten of one batch make a dead letter: five in a quarter of an hour are a warning of it, one is a worker that was killed',
    prometheus: { metrics: ['freight_failures_total'], expression: 'sum(increase(freight_failures_total{class="unknown"}[$window]))', windowMinutes: 15, above: 4, forMinutes: 0 },
    aws: { source: 'own', metric: 'BatchFailures', statistic: 'Sum', above: 4, periodSeconds: 900, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'rejected-batches': {
    summary: 'Several batches were rejected within a quarter of an hour',
    severity: 'ticket',
    reason: 'One is its provider\'s concern, who has the report; five are a format that has changed, or reference data of ours that lacks a port',
    prometheus: {
      metrics: ['freight_batches_finished_total'], expression: 'sum(increase(freight_batches_finished_total{outcome="rejected"}[$window]))',
      windowMinutes: 15, above: 4, forMinutes: 0,
    },
    aws: { source: 'own', metric: 'BatchesRejected', statistic: 'Sum', above: 4, periodSeconds: 900, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'messages-requeued': {
    summary: 'The sweeper sends messages that were lost',
    severity: 'ticket',
    reason: 'It makes up for a process that was killed between two steps: now and then. More than three in a quarter of an hour is a cause that goes on',
    prometheus: { metrics: ['freight_messages_requeued_total'], expression: 'sum(increase(freight_messages_requeued_total[$window]))', windowMinutes: 15, above: 3, forMinutes: 0 },
    aws: { source: 'own', metric: 'MessagesRequeued', statistic: 'Sum', above: 3, periodSeconds: 900, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'months-left': {
    summary: 'Prices are accepted for fewer than three months after the current one',
    severity: 'ticket',
    reason: 'The migrator makes months, at each deployment and on AWS on the first day of each month. Below three none has been made for most of PRICES_MONTHS_AHEAD; at zero days of the next month are row errors',
    prometheus: { metrics: ['freight_partition_months_left'], expression: '3 - min(freight_partition_months_left)', windowMinutes: 1, above: 0, forMinutes: 0 },
    aws: { source: 'own', metric: 'PartitionMonthsLeft', statistic: 'Minimum', below: 3, periodSeconds: 300, periods: 1, mustBreach: 1, missing: 'ignore' },
  },
  'months-run-not-started': {
    summary: 'The monthly run of the migrator could not be started',
    severity: 'ticket',
    reason: 'EventBridge Scheduler retries for six hours, then sends the invocation to the dead-letter queue of the schedule. One message is one month without a run',
    prometheus: null,
    aws: { source: 'schedule-dead-letters', metric: 'ApproximateNumberOfMessagesVisible', statistic: 'Maximum', above: 0, periodSeconds: 300, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'slow-questions': {
    summary: 'Questions of the rates API to the database take a second or more',
    severity: 'ticket',
    reason: 'A lane takes half a millisecond and a region some tens: a second is a plan, a lock or a database without room. Ten in five minutes are no accident',
    prometheus: { metrics: ['freight_slow_questions_total'], expression: 'sum(increase(freight_slow_questions_total[$window]))', windowMinutes: 5, above: 10, forMinutes: 0 },
    aws: { source: 'own', metric: 'SlowQuestions', statistic: 'Sum', above: 10, periodSeconds: 300, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'replica-lag': {
    summary: 'A replica is away or more than a minute behind the primary',
    severity: 'ticket',
    reason: 'The rates API asks others meanwhile, in the end the primary, which then has their load too',
    prometheus: {
      metrics: ['freight_database_host_fit'], expression: '1 - min by (host) (freight_database_host_fit{host!="primary"})', windowMinutes: 1, above: 0, forMinutes: 5,
    },
    aws: { source: 'replica', metric: 'ReplicaLag', statistic: 'Maximum', above: 60, periodSeconds: 60, periods: 5, mustBreach: 5, missing: 'breaching' },
  },
  'api-keys-old': {
    summary: 'The API keys could not be read for half an hour: one that was taken away still works',
    severity: 'ticket',
    reason: 'They are read every two minutes, and twice a minute after a failure: half an hour is no accident. Who has a key is served meanwhile, but not by a process that starts now',
    prometheus: { metrics: ['freight_keys_age_seconds'], expression: 'max by (service) (freight_keys_age_seconds)', windowMinutes: 1, above: 1_800, forMinutes: 0 },
    aws: { source: 'own', metric: 'KeysAgeSeconds', statistic: 'Maximum', above: 1_800, periodSeconds: 300, periods: 1, mustBreach: 1, missing: 'notBreaching' },
  },
  'event-loop-delay': {
    summary: 'A process does not come to its next task for half a second',
    severity: 'ticket',
    reason: 'Its heartbeats, health checks and answers all wait so long; it works on something large in one piece',
    prometheus: { metrics: ['nodejs_eventloop_lag_p99_seconds'], expression: 'max by (service) (nodejs_eventloop_lag_p99_seconds)', windowMinutes: 1, above: 0.5, forMinutes: 5 },
    aws: null,
  },
  memory: {
    summary: 'A process uses more than 85 % of the memory that it may',
    severity: 'ticket',
    reason: 'Bodies and batches stream: memory does not grow with their size. At the limit the process is killed in the middle of its work',
    prometheus: { metrics: ['process_resident_memory_bytes'], expression: 'max by (service) (process_resident_memory_bytes) / (512 * 1024 * 1024)', windowMinutes: 1, above: 0.85, forMinutes: 5 },
    aws: { source: 'services', metric: 'MemoryUtilization', statistic: 'Maximum', above: 85, periodSeconds: 60, periods: 5, mustBreach: 5, missing: 'notBreaching' },
  },
  cpu: {
    summary: 'A service has had no CPU to spare for a quarter of an hour',
    severity: 'ticket',
    reason: 'Scaling aims at 60 %: what stays above 85 % is at its largest number of tasks',
    prometheus: { metrics: ['process_cpu_seconds_total'], expression: 'max by (service) (rate(process_cpu_seconds_total[$window]))', windowMinutes: 5, above: 0.85, forMinutes: 15 },
    aws: { source: 'services', metric: 'CPUUtilization', statistic: 'Average', above: 85, periodSeconds: 300, periods: 3, mustBreach: 3, missing: 'notBreaching' },
  },
  'database-cpu': {
    summary: 'The database has had no CPU to spare for a quarter of an hour',
    severity: 'ticket',
    reason: 'It is the one part that does not scale by itself',
    prometheus: null,
    aws: { source: 'database', metric: 'CPUUtilization', statistic: 'Average', above: 80, periodSeconds: 300, periods: 3, mustBreach: 3, missing: 'breaching' },
  },
  'database-connections': {
    summary: 'The database has nearly as many connections as it takes',
    severity: 'ticket',
    reason: 'The most tasks of both colours with full pools have 80 % of max_connections: more is something that nobody reckoned with',
    prometheus: null,
    aws: { source: 'database', metric: 'DatabaseConnections', statistic: 'Maximum', above: 0.8, thresholdOf: 'max_connections', periodSeconds: 60, periods: 5, mustBreach: 5, missing: 'notBreaching' },
  },
  'database-storage': {
    summary: 'The database has less than a tenth of its storage left',
    severity: 'page',
    reason: 'Full, it stops writing and may not start again; storage grows by itself to a limit, and this is beyond it',
    prometheus: null,
    aws: { source: 'database', metric: 'FreeStorageSpace', statistic: 'Minimum', below: 0.1, thresholdOf: 'allocated_storage', periodSeconds: 300, periods: 2, mustBreach: 2, missing: 'ignore' },
  },
  'queue-age': {
    summary: 'A message has been in the queue for half an hour',
    severity: 'page',
    reason: 'The age of batches is read from the database; this one holds while that is away, and for a batch whose row could not be written',
    prometheus: null,
    aws: { source: 'queue', metric: 'ApproximateAgeOfOldestMessage', statistic: 'Maximum', above: 1_800, periodSeconds: 60, periods: 5, mustBreach: 5, missing: 'notBreaching' },
  },
} as const satisfies Record<string, Alarm>

export type AlarmName = keyof typeof alarms
