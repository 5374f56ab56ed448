import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import * as ecs from '@pulumi/aws/ecs/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Settings } from '../../config-schema.ts'
import type { Migration } from './migration.ts'
import type { BatchQueue } from '../storage/queue.ts'
import { Task, type TaskArgs } from './task.ts'
import { workerScaling } from './worker-scaling.ts'

export interface WorkerArgs extends Omit<TaskArgs, 'listens' | 'cpu' | 'memory'> {
  settings: Settings['worker']
  /** CloudWatch namespace of the worker's own metrics. */
  metricsNamespace: string
  queue: BatchQueue
  database: { allowFrom: (name: string, clients: Task['group'], parent: pulumi.Resource) => pulumi.Resource[] }
  migration: Migration
  dependsOn: pulumi.Resource[]
}

/**
 * The ingestion worker. A new version starts beside the old one and takes its share of the queue. The old version finishes its batches in
 * flight, and is protected meanwhile. FIFO preserves the order of a provider's batches across both, so blue/green would add nothing.
 */
export class Worker extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>
  readonly task: Task
  /** Resources that exist once the new workers run and the old ones have stopped. */
  readonly ready: pulumi.Resource[]

  constructor (name: string, args: WorkerArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Worker', name, {}, opts)
    const parent = this
    const { platform, settings, migration } = args
    // A task protects itself from being stopped while it has a batch in flight. The permission covers the tasks of this cluster only.
    const protection = {
      actions: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
      resources: [pulumi.interpolate`arn:aws:ecs:${platform.region}:${platform.account}:task/${platform.clusterName}/*`],
    }
    const task = new Task(name, {
      ...args, cpu: settings.cpu, memory: settings.memory, listens: true, statements: [...args.statements, protection],
    }, { parent })
    const rules = args.database.allowFrom(name, task.group, parent)
    const failing = new cloudwatch.MetricAlarm(`${name}-rollback-tasks`, {
      alarmDescription: 'Fewer workers run than should; rolls a deployment back',
      comparisonOperator: 'GreaterThanThreshold', threshold: 0, evaluationPeriods: 5, datapointsToAlarm: 5, treatMissingData: 'notBreaching',
      metricQueries: [
        ...(['DesiredTaskCount', 'RunningTaskCount'].map((metricName, index) => ({
          id: `m${index}`, returnData: false,
          metric: { namespace: 'ECS/ContainerInsights', metricName, stat: 'Average', period: 60, dimensions: { ClusterName: platform.clusterName, ServiceName: name } },
        }))),
        { id: 'missing', expression: 'm0 - m1', label: 'missing tasks', returnData: true },
      ],
    }, { parent })

    const service = new ecs.Service(name, {
      name,
      cluster: platform.clusterArn,
      taskDefinition: task.arn,
      launchType: 'FARGATE',
      desiredCount: settings.minTasks,
      networkConfiguration: { subnets: platform.subnetIds, securityGroups: [task.group.id, platform.awsClients.id], assignPublicIp: false },
      deploymentConfiguration: { strategy: 'ROLLING' },
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      alarms: { alarmNames: [failing.name], enable: true, rollback: true },
      availabilityZoneRebalancing: 'ENABLED',
      propagateTags: 'SERVICE',
      enableEcsManagedTags: true,
      enableExecuteCommand: false,
      waitForSteadyState: true,
    }, {
      parent,
      ignoreChanges: ['desiredCount'],
      // The deployment waits for a protected worker: up to the duration of a large batch.
      customTimeouts: { create: '60m', update: '90m', delete: '30m' },
      dependsOn: [...args.dependsOn, ...migration.ready, ...task.ready, ...rules, failing],
      hooks: { beforeCreate: [migration.hook], beforeUpdate: [migration.hook] },
    })
    workerScaling(name, { ...args, clusterName: platform.clusterName, serviceName: service.name }, parent)
    this.name = service.name
    this.task = task
    this.ready = [service]
    this.registerOutputs({ name: this.name })
  }
}
