import type { Input } from '@pulumi/pulumi'
import { awsMetrics, type AwsSource } from '../observability/aws-metrics.ts'
import type { Balancer } from './components/load-balancing/balancer.ts'
import type { Cluster } from './components/compute/cluster.ts'
import type { Database } from './components/database/database.ts'
import type { Gateway } from './components/load-balancing/gateway.ts'
import type { HttpService } from './components/compute/http-service.ts'
import type { MonthlyMigration } from './components/compute/monthly-migration.ts'
import type { BatchQueue } from './components/storage/queue.ts'
import type { Worker } from './components/compute/worker.ts'
import { metricsNamespace } from './processes.ts'

export type Dimensions = Record<string, Input<string>>

/** A measured resource. Several sets of dimensions are summed, such as both target groups, since traffic moves between them. */
export interface MeasuredResource {
  name: string
  namespace: string
  dimensions: Dimensions[]
  /** Metric names that differ from those in observability/, each with a factor for the threshold. */
  otherNames?: Record<string, { metric: string, factor: number }>
}

/** The resources of each source that observability/ names. The program creates an alarm for each resource. */
export type MetricSources = Record<'own' | AwsSource, MeasuredResource[]>

export interface MetricSourcesArgs {
  stack: string
  balancer: Balancer
  gateway: Gateway
  cluster: Cluster
  database: Database
  queue: BatchQueue
  rates: HttpService
  ingestion: HttpService
  worker: Worker
  monthly: MonthlyMigration
}

export function metricSources (
  { stack, balancer, gateway, cluster, database, queue, rates, ingestion, worker, monthly }: MetricSourcesArgs
): MetricSources {
  const resource = (source: AwsSource, name: string, dimensions: Dimensions[]): MeasuredResource =>
    ({ name, namespace: awsMetrics[source].namespace, dimensions })
  const groups = ({ traffic }: HttpService): Dimensions[] =>
    [traffic.blue, traffic.green].map(({ arnSuffix }) => ({ LoadBalancer: balancer.arnSuffix, TargetGroup: arnSuffix }))
  const service = (name: string, { name: ServiceName }: HttpService | Worker): MeasuredResource => resource('services', name, [{ ClusterName: cluster.name, ServiceName }])
  return {
    own: [{ name: '', namespace: metricsNamespace(stack), dimensions: [{}] }],
    'rates-api-requests': [resource('rates-api-requests', '', groups(rates))],
    'ingestion-api-requests': [resource('ingestion-api-requests', '', groups(ingestion))],
    gateway: [resource('gateway', '', [{ ApiId: gateway.apiId }])],
    targets: [resource('targets', 'rates', groups(rates)), resource('targets', 'ingestion', groups(ingestion))],
    services: [service('rates', rates), service('ingestion', ingestion), service('worker', worker)],
    database: [{ ...resource('database', '', [database.hosts.measured.primary]), otherNames: database.hosts.measured.otherNames }],
    replica: database.hosts.measured.replicas.map((dimensions, index) => ({
      ...resource('replica', String(index + 1), [dimensions]), otherNames: database.hosts.measured.otherNames,
    })),
    queue: [resource('queue', '', [{ QueueName: queue.name }])],
    'dead-letter-queue': [resource('dead-letter-queue', '', [{ QueueName: queue.deadLetterName }])],
    'schedule-dead-letters': [resource('schedule-dead-letters', '', [{ QueueName: monthly.deadLetterName }])],
  }
}
