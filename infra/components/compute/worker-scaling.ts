import * as appautoscaling from '@pulumi/aws/appautoscaling/index.js'
import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Settings } from '../../config-schema.ts'
import type { CloudWatchName } from '../../../lib/metrics/cloudwatch.ts'
import type { BatchQueue } from '../storage/queue.ts'

export interface WorkerScalingArgs {
  settings: Settings['worker']
  metricsNamespace: string
  queue: BatchQueue
  clusterName: pulumi.Output<string>
  serviceName: pulumi.Output<string>
}

/**
 * Scales the workers so that the backlog is applied within the acceptable latency.
 * - There are never more workers than the providers with work can occupy, since the batches of a provider are applied one after the other.
 * - While nothing is received, no worker is added. When the database is unavailable the queue grows, and more workers would only be more
 *   connections after its recovery.
 */
export function workerScaling (name: string, args: WorkerScalingArgs, parent: pulumi.Resource): void {
  const { minTasks, maxTasks, concurrency, acceptableLatencySeconds, secondsPerBatch } = args.settings
  const service = {
    serviceNamespace: 'ecs', scalableDimension: 'ecs:service:DesiredCount', resourceId: pulumi.interpolate`service/${args.clusterName}/${args.serviceName}`,
  }
  const target = new appautoscaling.Target(name, { ...service, minCapacity: minTasks, maxCapacity: maxTasks }, { parent })
  // The number of batches that one task applies in the acceptable time.
  const backlogPerTask = Math.max(1, Math.floor(acceptableLatencySeconds * concurrency / secondsPerBatch))
  const metrics = sources(args)
  const metricsExcept = (excluded: string) => metrics.filter(({ id }) => id !== excluded)

  new appautoscaling.Policy(`${name}-backlog`, {
    ...service,
    policyType: 'TargetTrackingScaling',
    targetTrackingScalingPolicyConfiguration: {
      targetValue: backlogPerTask, scaleOutCooldown: 60, scaleInCooldown: 300,
      customizedMetricSpecification: {
        metrics: [
          ...metricsExcept('age').map(({ id, namespace, metricName, stat, dimensions }) => ({
            id, returnData: false,
            metricStat: { stat, metric: { namespace, metricName, dimensions: Object.entries(dimensions).map(([name, value]) => ({ name, value })) } },
          })),
          { id: 'useful', expression: `MIN([waiting, FILL(providers, 0) * ${backlogPerTask / concurrency}]) / running`, label: 'backlog that another worker could take', returnData: false },
          { id: 'backlog', expression: `IF(waiting == 0, 0, IF(FILL(received, 0) > 0, useful, ${backlogPerTask}))`, label: 'backlog per task', returnData: true },
        ],
      },
    },
  }, { parent, dependsOn: target })

  // The second policy is for batches that take longer than `secondsPerBatch`: it uses the age of the oldest message.
  const step = new appautoscaling.Policy(`${name}-age`, {
    ...service,
    policyType: 'StepScaling',
    stepScalingPolicyConfiguration: {
      adjustmentType: 'ChangeInCapacity', cooldown: 180, metricAggregationType: 'Maximum', stepAdjustments: [{ metricIntervalLowerBound: '0', scalingAdjustment: 1 }],
    },
  }, { parent, dependsOn: target })
  new cloudwatch.MetricAlarm(`${name}-age`, {
    alarmDescription: `A batch waits for longer than ${acceptableLatencySeconds} s although batches are received; adds a worker`,
    comparisonOperator: 'GreaterThanThreshold', threshold: acceptableLatencySeconds, evaluationPeriods: 3, treatMissingData: 'notBreaching',
    alarmActions: [step.arn],
    metricQueries: [
      ...metricsExcept('waiting').map(({ id, namespace, metricName, stat, dimensions }) => ({ id, returnData: false, metric: { namespace, metricName, stat, period: 60, dimensions } })),
      { id: 'late', expression: `IF(FILL(received, 0) > 0 AND running * ${concurrency} < FILL(providers, 0), age, 0)`, label: 'age that another worker could shorten', returnData: true },
    ],
  }, { parent })
}

const providersWithWork: CloudWatchName = 'ProvidersWithWork'

interface Source {
  id: string
  namespace: string
  metricName: string
  stat: string
  dimensions: Record<string, pulumi.Input<string>>
}

/** Metrics of the policies. `providers` is our own metric: the number of providers with waiting or processing batches. */
function sources ({ metricsNamespace, queue, clusterName, serviceName }: WorkerScalingArgs): Source[] {
  const sqs = { namespace: 'AWS/SQS', dimensions: { QueueName: queue.name } }
  return [
    { id: 'waiting', ...sqs, metricName: 'ApproximateNumberOfMessagesVisible', stat: 'Maximum' },
    { id: 'received', ...sqs, metricName: 'NumberOfMessagesReceived', stat: 'Sum' },
    { id: 'age', ...sqs, metricName: 'ApproximateAgeOfOldestMessage', stat: 'Maximum' },
    {
      id: 'running', namespace: 'ECS/ContainerInsights', metricName: 'RunningTaskCount', stat: 'Average',
      dimensions: { ClusterName: clusterName, ServiceName: serviceName },
    },
    { id: 'providers', namespace: metricsNamespace, metricName: providersWithWork, stat: 'Maximum', dimensions: {} },
  ]
}
