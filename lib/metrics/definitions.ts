/**
 * A metric. The name includes the unit, and the help describes the metric. A label lists its values if they are known in
 * advance. Each listed value starts at 0; without that, the first event would not be an increase.
 */
export type Definition = {
  kind: 'counter' | 'gauge' | 'histogram'
  help: string
  labels?: Readonly<Record<string, readonly string[]>>
  /** Upper bounds of a histogram's buckets. */
  buckets?: readonly number[]
}

/** Duration of responses in seconds: from a cache hit to a body of gigabytes. */
const responseSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 900]
/** Duration of a batch's steps in seconds: from the commit of a small batch to a wait during an outage. */
const stepSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600]

const known = <const V extends readonly string[]>(...values: V): V => values
/** For labels whose values are few but not listed: the routes of this code, and the statuses of its responses. */
const bounded: readonly string[] = []

/** Every metric of every process, by its Prometheus name. Each metric also has the label `service`. */
export const definitions = {
  freight_http_request_seconds: {
    kind: 'histogram', help: 'Duration of HTTP requests until the response is complete; health checks are not counted', buckets: responseSeconds,
    labels: { method: bounded, route: bounded, status: bounded },
  },
  freight_http_slow_responses_total: { kind: 'counter', help: 'Responses of the ingestion API that began RESPONSE_SLOW_MS or more after the request, without the wait for the end of a batch' },
  freight_http_server_errors_total: { kind: 'counter', help: 'Responses with a status of 500 or above' },
  freight_db_unavailable_responses_total: { kind: 'counter', help: 'Responses with status 503 because the database is unavailable' },
  freight_db_connections: { kind: 'gauge', help: 'Open connections to PostgreSQL' },
  freight_db_host_healthy: { kind: 'gauge', help: '1 for a database host that is reachable and current, 0 for one that is unavailable or lags; absent before the first probe', labels: { host: bounded } },
  freight_db_host_lag_seconds: { kind: 'gauge', help: 'Upper bound of the lag of a host behind the primary; absent if unknown', labels: { host: bounded } },
  freight_db_queries_in_flight: { kind: 'gauge', help: 'Database queries of the rates API in flight, including those that wait for a connection' },
  freight_db_query_seconds: { kind: 'histogram', help: 'Duration of database queries of the rates API, including the wait for a connection', buckets: responseSeconds },
  freight_db_slow_queries_total: { kind: 'counter', help: 'Database queries of the rates API that took a second or more' },
  freight_response_cache_total: { kind: 'counter', help: 'Lookups of GET /rates in the response cache: hit or miss', labels: { result: known('hit', 'miss') } },

  freight_key_reads_total: { kind: 'counter', help: 'Reads of the secret or file with the API keys; refused: the value is not a list of keys', labels: { result: known('read', 'failed', 'refused') } },
  freight_keys_age_seconds: { kind: 'gauge', help: 'Time since the last successful read of the API keys; absent before the first one, or if they come from API_KEYS' },

  freight_batches_accepted_total: { kind: 'counter', help: 'Accepted batches; replayed: the batch was accepted by an earlier request', labels: { replayed: known('no', 'yes') } },
  freight_waiting_requests: { kind: 'gauge', help: 'Requests that wait for the end of a batch (Prefer: wait)' },
  freight_body_bytes_total: { kind: 'counter', help: 'Request body bytes of accepted batches, as sent' },

  freight_batches: { kind: 'gauge', help: 'Batches in the database whose state is not final; absent while the database is unavailable', labels: { state: known('queued', 'processing', 'held', 'dead_lettered') } },
  freight_dead_letters_expiring: { kind: 'gauge', help: 'Dead letters whose payload the lifecycle of the bucket deletes within 7 days, or has deleted (PAYLOAD_KEEP_DAYS); absent while the database is unavailable' },
  freight_providers_with_work: { kind: 'gauge', help: 'Providers with a queued or processing batch: the upper bound of workers that can be busy' },
  freight_unfinished_batches_ratio: { kind: 'gauge', help: 'Queued and processing batches of the provider with the most, divided by BATCHES_UNFINISHED_MAX; absent while the database is unavailable' },
  freight_oldest_batch_seconds: { kind: 'gauge', help: 'Age of the oldest queued or processing batch, of a redriven batch since its redrive; 0 without one, absent while the database is unavailable' },
  freight_partition_months_left: { kind: 'gauge', help: 'Months after the current one for which prices are accepted; absent while the database is unavailable' },
  freight_queue_messages: { kind: 'gauge', help: 'Messages in a queue, including those in flight; absent while the queue is unavailable', labels: { queue: known('batches', 'dead_letters') } },

  freight_worker_ready: { kind: 'gauge', help: '1 while the worker can receive and apply, 0 while the database, the store or the queue is unavailable' },
  freight_batches_in_flight: { kind: 'gauge', help: 'Messages that the worker has received and not yet deleted or released' },
  freight_task_protection_calls_total: { kind: 'counter', help: 'Calls to the ECS task protection endpoint by result; blocked: a deployment is in progress (DEPLOYMENT_BLOCKED)', labels: { result: known('on', 'off', 'blocked', 'failed') } },
  freight_receives_total: { kind: 'counter', help: 'Receive calls to the queue of batches by result; released: the message was returned because receiving had been paused or stopped', labels: { result: known('message', 'empty', 'failed', 'released') } },
  freight_heartbeats_total: { kind: 'counter', help: 'Extensions of the visibility timeout of a message', labels: { result: known('extended', 'failed') } },
  freight_failures_total: { kind: 'counter', help: 'Failed attempts at a batch by class: wait is retried while the message is held, corrupt is checked once more and dead-lettered, newer is left to workers of a newer release, unknown returns to the queue', labels: { class: known('wait', 'corrupt', 'newer', 'unknown') } },
  freight_unreadable_batches: { kind: 'gauge', help: 'Batches that are held because the stored payload or manifest differs from what was accepted, for several providers at once; absent while the database is unavailable' },
  freight_stray_messages_total: { kind: 'counter', help: 'Messages that name no known batch: stored in stray_messages' },
  freight_batches_finished_total: { kind: 'counter', help: 'Batches that reached a final state, were held or were dead-lettered', labels: { outcome: known('applied', 'validated', 'rejected', 'held', 'withdrawn', 'dead_lettered') } },
  freight_batch_seconds: { kind: 'histogram', help: 'Duration of the attempt that brought a batch to a final state', buckets: stepSeconds },
  freight_batch_step_seconds: {
    kind: 'histogram', help: 'Duration of the steps of a batch: store and accept in the ingestion API, the others in the worker', buckets: stepSeconds,
    labels: { step: known('store', 'accept', 'queue', 'fetch', 'parse', 'load', 'commit') },
  },
  freight_rows_total: { kind: 'counter', help: 'Rows read by attempts that brought their batch to a final state' },
  freight_row_bytes_total: { kind: 'counter', help: 'Decoded bytes of the rows read by these attempts' },
  freight_ledger_unmerged_rows: { kind: 'gauge', help: 'Rows in unmerged_prices, as the statistics of the database estimate them; absent while the database is unavailable' },
  freight_ledger_most_unmerged_rows: { kind: 'gauge', help: 'Largest number of rows of one lane and month in unmerged_prices that the last scan found; absent while the database is unavailable' },
  freight_merge_step_seconds: { kind: 'histogram', help: 'Duration of the steps of merging, one transaction each', buckets: stepSeconds },
  freight_merged_rows_total: { kind: 'counter', help: 'Rows that merging has moved out of unmerged_prices' },
  freight_merged_prices_total: { kind: 'counter', help: 'Prices in these rows' },
  freight_messages_requeued_total: { kind: 'counter', help: 'Messages that the sweeper sent again because a process crashed between two steps', labels: { reason: known('pending', 'lost') } },
} as const satisfies Record<string, Definition>

type Definitions = typeof definitions
export type MetricName = keyof Definitions
export type NameOf<K extends Definition['kind']> = { [N in MetricName]: Definitions[N]['kind'] extends K ? N : never }[MetricName]

type LabelsIn<N extends MetricName> = Definitions[N] extends { labels: infer L } ? L : Record<never, readonly string[]>
/** The labels of a metric. Each is one of the listed values, or any string if none are listed. */
export type Labels<N extends MetricName> = { [L in keyof LabelsIn<N>]: LabelsIn<N>[L] extends readonly (infer V extends string)[] ? V : never }

/** The process metrics of prom-client that alarms and dashboards read. */
export const processMetrics = ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds', 'nodejs_heap_size_used_bytes'] as const
