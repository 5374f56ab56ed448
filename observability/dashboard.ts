import type { CloudWatchName } from '../lib/metrics/cloudwatch.ts'
import type { AwsMetric, AwsSource } from './aws-metrics.ts'

/** A graph: the same query for Prometheus and, if AWS has the metric, for CloudWatch. */
export type Panel = {
  title: string
  unit: 'requests/s' | 'seconds' | 'batches' | 'rows/s' | 'bytes/s' | 'bytes' | 'share' | 'count' | 'cores'
  prometheus: Array<{ expression: string, legend: string }>
  aws: Array<{ source: 'own' | AwsSource, metric: CloudWatchName | AwsMetric, statistic: 'Sum' | 'Average' | 'Minimum' | 'Maximum' | 'p50' | 'p99' }>
}

export type Row = { title: string, panels: Panel[] }

/** Returns an expression for a quantile. `$window` is replaced by the range of a rate: Grafana's variable, a few scrapes long. */
const quantile = (q: number, histogram: string, by: string, where = ''): string =>
  `histogram_quantile(${q}, sum by (le${by ? `, ${by}` : ''}) (rate(${histogram}_bucket${where}[$window])))`

/** The dashboard. From left to right and top to bottom it shows the responses to readers, the flow of batches, and possible obstacles. */
export const dashboard: Row[] = [
  {
    title: 'Readers',
    panels: [
      {
        title: 'Requests by status',
        unit: 'requests/s',
        prometheus: [{ expression: 'sum by (service, status) (rate(freight_http_request_seconds_count[$window]))', legend: '{{service}} {{status}}' }],
        aws: [
          { source: 'rates-api-requests', metric: 'RequestCount', statistic: 'Sum' },
          { source: 'ingestion-api-requests', metric: 'RequestCount', statistic: 'Sum' },
          { source: 'rates-api-requests', metric: 'HTTPCode_Target_5XX_Count', statistic: 'Sum' },
          { source: 'ingestion-api-requests', metric: 'HTTPCode_Target_5XX_Count', statistic: 'Sum' },
          { source: 'gateway', metric: '5xx', statistic: 'Sum' },
        ],
      },
      {
        title: 'GET /rates: response time',
        unit: 'seconds',
        prometheus: [0.5, 0.99].map(q => ({
          expression: quantile(q, 'freight_http_request_seconds', '', '{service="rates-api", route="/rates"}'), legend: `p${q * 100}`,
        })),
        aws: [
          { source: 'rates-api-requests', metric: 'TargetResponseTime', statistic: 'p50' },
          { source: 'rates-api-requests', metric: 'TargetResponseTime', statistic: 'p99' },
        ],
      },
      {
        title: 'GET /rates: cache hits and misses',
        unit: 'requests/s',
        prometheus: [{ expression: 'sum by (result) (rate(freight_response_cache_total[$window]))', legend: '{{result}}' }],
        aws: [],
      },
      {
        title: 'Database queries, and 503 without the database',
        unit: 'count',
        prometheus: [
          { expression: 'sum(freight_db_queries_in_flight)', legend: 'in flight' },
          { expression: 'sum(increase(freight_db_slow_queries_total[$window]))', legend: 'slow' },
          { expression: 'sum(increase(freight_db_unavailable_responses_total[$window]))', legend: '503 without the database' },
        ],
        aws: [{ source: 'own', metric: 'SlowQueries', statistic: 'Sum' }, { source: 'own', metric: 'DatabaseUnavailable', statistic: 'Sum' }],
      },
    ],
  },
  {
    title: 'Batches',
    panels: [
      {
        title: 'Batches accepted and finished',
        unit: 'batches',
        prometheus: [
          { expression: 'sum(increase(freight_batches_accepted_total{replayed="no"}[$window]))', legend: 'accepted' },
          { expression: 'sum by (outcome) (increase(freight_batches_finished_total[$window]))', legend: '{{outcome}}' },
        ],
        aws: (['BatchesAccepted', 'BatchesApplied', 'BatchesRejected', 'BatchesDeadLettered'] as const).map(metric => ({ source: 'own', metric, statistic: 'Sum' })),
      },
      {
        title: 'Ingestion API: slow responses, requests that wait',
        unit: 'count',
        prometheus: [
          { expression: 'sum(increase(freight_http_slow_responses_total[$window]))', legend: 'slow responses' },
          { expression: 'sum(freight_waiting_requests)', legend: 'requests that wait for the end of a batch' },
        ],
        aws: [{ source: 'own', metric: 'SlowResponses', statistic: 'Sum' }],
      },
      {
        title: 'Unfinished batches',
        unit: 'batches',
        prometheus: [
          { expression: 'max by (state) (freight_batches)', legend: '{{state}}' },
          { expression: 'max by (queue) (freight_queue_messages)', legend: 'messages: {{queue}}' },
          { expression: 'max(freight_providers_with_work)', legend: 'providers with work' },
        ],
        aws: [
          ...(['BatchesQueued', 'DeadLetters', 'ProvidersWithWork'] as const).map(metric => ({ source: 'own' as const, metric, statistic: 'Maximum' as const })),
          { source: 'queue', metric: 'ApproximateNumberOfMessagesVisible', statistic: 'Maximum' },
        ],
      },
      {
        title: 'Age of the oldest unfinished batch',
        unit: 'seconds',
        prometheus: [{ expression: 'max(freight_oldest_batch_seconds)', legend: 'oldest' }],
        aws: [{ source: 'own', metric: 'OldestBatchSeconds', statistic: 'Maximum' }, { source: 'queue', metric: 'ApproximateAgeOfOldestMessage', statistic: 'Maximum' }],
      },
      {
        title: 'Mean time of a batch by step',
        unit: 'seconds',
        prometheus: [{
          expression: 'sum by (step) (rate(freight_batch_step_seconds_sum[$window])) / sum by (step) (rate(freight_batch_step_seconds_count[$window]))',
          legend: '{{step}}',
        }],
        aws: [{ source: 'own', metric: 'SecondsPerBatch', statistic: 'Average' }],
      },
      {
        title: 'Rows',
        unit: 'rows/s',
        prometheus: [{ expression: 'sum(rate(freight_rows_total[$window]))', legend: 'rows' }],
        aws: [],
      },
      {
        title: 'Merging: rows that wait',
        unit: 'count',
        prometheus: [
          { expression: 'max(freight_ledger_unmerged_rows)', legend: 'all' },
          { expression: 'max(freight_ledger_most_unmerged_rows)', legend: 'of one lane and month' },
        ],
        aws: [{ source: 'own', metric: 'MostUnmergedRows', statistic: 'Maximum' }],
      },
      {
        title: 'Merging: prices, and mean time of a step',
        unit: 'count',
        prometheus: [
          { expression: 'sum(rate(freight_merged_prices_total[$window]))', legend: 'prices a second' },
          { expression: 'sum(rate(freight_merge_step_seconds_sum[$window])) / sum(rate(freight_merge_step_seconds_count[$window]))', legend: 'seconds a step' },
        ],
        aws: [],
      },
      {
        title: 'Bytes',
        unit: 'bytes/s',
        prometheus: [
          { expression: 'sum(rate(freight_body_bytes_total[$window]))', legend: 'accepted, as sent' },
          { expression: 'sum(rate(freight_row_bytes_total[$window]))', legend: 'applied, decoded' },
        ],
        aws: [],
      },
      {
        title: 'Receives, heartbeats, failures, requeued messages',
        unit: 'count',
        prometheus: [
          { expression: 'sum by (result) (increase(freight_receives_total[$window]))', legend: 'receive: {{result}}' },
          { expression: 'sum by (result) (increase(freight_heartbeats_total[$window]))', legend: 'heartbeat: {{result}}' },
          { expression: 'sum by (class) (increase(freight_failures_total[$window]))', legend: 'failure: {{class}}' },
          { expression: 'sum(increase(freight_messages_requeued_total[$window]))', legend: 'requeued' },
        ],
        aws: (['MessagesReceived', 'BatchFailures', 'MessagesRequeued'] as const).map(metric => ({ source: 'own', metric, statistic: 'Sum' })),
      },
      {
        title: 'Workers: ready, and batches in flight',
        unit: 'count',
        prometheus: [
          { expression: 'sum(freight_worker_ready)', legend: 'ready' },
          { expression: 'sum(freight_batches_in_flight)', legend: 'in flight' },
        ],
        aws: [{ source: 'own', metric: 'WorkerReady', statistic: 'Maximum' }],
      },
    ],
  },
  {
    title: 'Processes and database',
    panels: [
      {
        title: 'CPU',
        unit: 'cores',
        prometheus: [{ expression: 'sum by (service) (rate(process_cpu_seconds_total[$window]))', legend: '{{service}}' }],
        aws: [{ source: 'services', metric: 'CPUUtilization', statistic: 'Average' }, { source: 'database', metric: 'CPUUtilization', statistic: 'Average' }],
      },
      {
        title: 'Memory',
        unit: 'bytes',
        prometheus: [{ expression: 'max by (service) (process_resident_memory_bytes)', legend: '{{service}}' }],
        aws: [{ source: 'services', metric: 'MemoryUtilization', statistic: 'Maximum' }],
      },
      {
        title: 'Event loop delay, p99',
        unit: 'seconds',
        prometheus: [{ expression: 'max by (service) (nodejs_eventloop_lag_p99_seconds)', legend: '{{service}}' }],
        aws: [],
      },
      {
        title: 'Connections to PostgreSQL',
        unit: 'count',
        prometheus: [{ expression: 'sum by (service) (freight_db_connections)', legend: '{{service}}' }],
        aws: [{ source: 'database', metric: 'DatabaseConnections', statistic: 'Maximum' }],
      },
      {
        title: 'Replica lag',
        unit: 'seconds',
        prometheus: [{ expression: 'max by (host) (freight_db_host_lag_seconds{host!="primary"})', legend: '{{host}}' }],
        aws: [{ source: 'replica', metric: 'ReplicaLag', statistic: 'Maximum' }],
      },
      {
        title: 'Free database storage',
        unit: 'bytes',
        prometheus: [],
        aws: [{ source: 'database', metric: 'FreeStorageSpace', statistic: 'Minimum' }],
      },
    ],
  },
]
