/**
 * A metric: its name says its unit, its help what it is. A label's values are listed where they are known beforehand: each
 * then stands at 0 from the start, without which the first of something would be no increase.
 */
export type Definition = {
  kind: 'counter' | 'gauge' | 'histogram'
  help: string
  labels?: Readonly<Record<string, readonly string[]>>
  /** Upper bounds of a histogram. */
  buckets?: readonly number[]
}

/** Seconds of an answer: from one kept in memory to a body of gigabytes. */
const answerSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 900]
/** Seconds of a step of a batch: from a small one's commit to a wait that an outage caused. */
const stepSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600]

const known = <const V extends readonly string[]>(...values: V): V => values
/** The label's values are known by their bounded number alone: routes of this code, statuses that it answers with. */
const bounded: readonly string[] = []

/** Every metric of every process, by its name in Prometheus; the label `service` comes on top. */
export const definitions = {
  freight_http_request_seconds: {
    kind: 'histogram', help: 'Requests by the time to their whole answer; health checks are not counted', buckets: answerSeconds,
    labels: { method: bounded, route: bounded, status: bounded },
  },
  freight_http_server_errors_total: { kind: 'counter', help: 'Answers with a status of 500 and above' },
  freight_database_unavailable_total: { kind: 'counter', help: 'Answers 503 because the database is away' },
  freight_database_connections: { kind: 'gauge', help: 'Open links to PostgreSQL' },
  freight_database_host_fit: { kind: 'gauge', help: '1 for a database host that the rates API asks, 0 for one that is away or lags; absent until it was asked', labels: { host: bounded } },
  freight_database_host_lag_seconds: { kind: 'gauge', help: 'How far a host may be behind the primary; absent where nobody knows', labels: { host: bounded } },
  freight_database_questions: { kind: 'gauge', help: 'Questions of the rates API that are under way, those that wait for a connection included' },
  freight_database_question_seconds: { kind: 'histogram', help: 'Questions of the rates API by their time, with waiting for a connection', buckets: answerSeconds },
  freight_slow_questions_total: { kind: 'counter', help: 'Questions of the rates API that took a second or more' },
  freight_answers_total: { kind: 'counter', help: 'Answers of GET /rates, kept ones and made ones', labels: { source: known('kept', 'made') } },

  freight_key_reads_total: { kind: 'counter', help: 'Looks at the secret that has the API keys: refused is what is not a list of keys', labels: { result: known('read', 'failed', 'refused') } },
  freight_keys_age_seconds: { kind: 'gauge', help: 'Time since the API keys were read last; absent where they were not, or come from no secret' },

  freight_batches_accepted_total: { kind: 'counter', help: 'Batches accepted, and batches sent again that were accepted before', labels: { replayed: known('no', 'yes') } },
  freight_body_bytes_total: { kind: 'counter', help: 'Bytes of accepted batches, as they were sent' },

  freight_batches: { kind: 'gauge', help: 'Batches that are not at their end, as the database has them; absent while it cannot be asked', labels: { state: known('queued', 'processing', 'dead_lettered') } },
  freight_dead_letters_expiring: { kind: 'gauge', help: 'Dead letters whose payload the lifecycle of the bucket deletes within 7 days, or has deleted (PAYLOAD_KEEP_DAYS); absent while the database cannot be asked' },
  freight_providers_with_work: { kind: 'gauge', help: 'Providers that have a batch queued or under way: more workers than these have nothing to do' },
  freight_unfinished_share: { kind: 'gauge', help: 'Queued and processing batches of the provider that has most of them, as a share of BATCHES_UNFINISHED_MAX; absent while the database cannot be asked' },
  freight_oldest_batch_seconds: { kind: 'gauge', help: 'Age of the oldest accepted batch that is not at its end; 0 without one, absent while the database cannot be asked' },
  freight_partition_months_left: { kind: 'gauge', help: 'Months after the current one for which prices are accepted; absent while the database is unavailable' },
  freight_queue_messages: { kind: 'gauge', help: 'Messages in a queue, those in hand included; absent while it cannot be asked', labels: { queue: known('batches', 'dead_letters') } },

  freight_worker_ready: { kind: 'gauge', help: '1 while the worker can receive and apply, 0 while the database, the store or the queue is away' },
  freight_batches_in_hand: { kind: 'gauge', help: 'Messages that the worker holds' },
  freight_task_protection_calls_total: { kind: 'counter', help: 'Calls to protect the ECS task of a worker by their outcome; blocked is a deployment that waits', labels: { result: known('on', 'off', 'blocked', 'failed') } },
  freight_receives_total: { kind: 'counter', help: 'Receives from the queue of batches by what they brought', labels: { result: known('message', 'nothing', 'failed', 'handed_back') } },
  freight_heartbeats_total: { kind: 'counter', help: 'Messages kept hidden for longer', labels: { result: known('kept', 'failed') } },
  freight_failures_total: { kind: 'counter', help: 'Failed attempts at a batch by class: wait is held and tried again, corrupt is looked at once more and dead-lettered, unknown goes back to the queue', labels: { class: known('wait', 'corrupt', 'unknown') } },
  freight_unreadable_batches: { kind: 'gauge', help: 'Batches that are held because the store does not give what was accepted, of several providers at once; absent while the database cannot be asked' },
  freight_stray_messages_total: { kind: 'counter', help: 'Messages that name no batch that is known: kept in stray_messages' },
  freight_batches_finished_total: { kind: 'counter', help: 'Batches that came to an end, or to the dead-letter queue', labels: { outcome: known('applied', 'validated', 'rejected', 'dead_lettered') } },
  freight_batch_seconds: { kind: 'histogram', help: 'Batches by the time of the attempt that ended them', buckets: stepSeconds },
  freight_batch_step_seconds: {
    kind: 'histogram', help: 'Steps of a batch by their time: store and accept in the ingestion API, the others in the worker', buckets: stepSeconds,
    labels: { step: known('store', 'accept', 'queue', 'fetch', 'parse', 'load', 'read_model', 'commit') },
  },
  freight_rows_total: { kind: 'counter', help: 'Rows read by attempts that ended their batch' },
  freight_row_bytes_total: { kind: 'counter', help: 'Bytes of these, decoded' },
  freight_messages_requeued_total: { kind: 'counter', help: 'Messages that the sweeper sent, since a process was lost between its steps', labels: { why: known('pending', 'lost') } },
} as const satisfies Record<string, Definition>

type Definitions = typeof definitions
export type MetricName = keyof Definitions
export type NameOf<K extends Definition['kind']> = { [N in MetricName]: Definitions[N]['kind'] extends K ? N : never }[MetricName]

type LabelsIn<N extends MetricName> = Definitions[N] extends { labels: infer L } ? L : Record<never, readonly string[]>
/** The labels of a metric: one of the listed values, or any string where they are not listed. */
export type Labels<N extends MetricName> = { [L in keyof LabelsIn<N>]: LabelsIn<N>[L] extends readonly (infer V extends string)[] ? V : never }

/** What the metrics library itself says of a process, as far as alarms and dashboard read it. */
export const processMetrics = ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds', 'nodejs_heap_size_used_bytes'] as const
