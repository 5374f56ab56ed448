import * as ecs from '@pulumi/aws/ecs/index.js'
import type * as lb from '@pulumi/aws/lb/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Settings } from '../../config-schema.ts'
import type { Check } from '../../smoke/check.ts'
import type { Balancer } from '../load-balancing/balancer.ts'
import { BlueGreen, type BlueGreenArgs } from '../load-balancing/blue-green.ts'
import { deploymentConfiguration, deploymentMinutes } from './deployment.ts'
import { httpScaling } from './http-scaling.ts'
import type { Migration } from './migration.ts'
import { rollbackAlarms, type RollbackAlarmsArgs } from '../observability/rollback-alarms.ts'
import { allow } from '../network/security-groups.ts'
import { SmokeCheck } from './smoke-check.ts'
import type { SmokeCode } from './smoke-code.ts'
import { containerPort, Task, type TaskArgs } from './task.ts'

export interface HttpServiceArgs extends Omit<TaskArgs, 'listens' | 'cpu' | 'memory'> {
  settings: Settings['rates'] | Settings['ingestion']
  deployment: Settings['deployment']
  balancer: Balancer
  /** Without a certificate, clients use plain HTTP. */
  certificateArn: pulumi.Input<string> | undefined
  /** A header that clients' requests must have, if a component before the balancer adds the header. */
  requiredHeader?: BlueGreenArgs['requiredHeader']
  /** Ports of the balancer for clients and for the smoke check. */
  ports: { production: number, test: number }
  slowResponsesIn?: RollbackAlarmsArgs['slowResponsesIn']
  /** Requests that a new version must pass before it gets traffic. */
  checks: Check[]
  smokeCode: SmokeCode
  /** Lets the tasks reach the database. */
  database: { allowFrom: (name: string, clients: Task['group'], parent: pulumi.Resource) => pulumi.Resource[] }
  /** Runs before the service is created or changed. */
  migration: Migration
  /** Resources that a task needs before it can start. */
  dependsOn: pulumi.Resource[]
}

/**
 * An API behind the balancer. A new version starts beside the old one and must pass the smoke check. It then gets the traffic by the
 * deployment's strategy. An alarm before the end of the bake time returns the traffic to the old version.
 */
export class HttpService extends pulumi.ComponentResource {
  readonly listener: lb.Listener
  readonly name: pulumi.Output<string>
  readonly task: Task
  readonly traffic: BlueGreen

  constructor (name: string, args: HttpServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:HttpService', name, {}, opts)
    const parent = this
    const { platform, settings, deployment, balancer, ports } = args
    const task = new Task(name, { ...args, cpu: settings.cpu, memory: settings.memory, listens: true }, { parent })
    const traffic = new BlueGreen(name, {
      ...platform, balancer, ports, certificateArn: args.certificateArn, requiredHeader: args.requiredHeader,
    }, { parent })
    const smoke = new SmokeCheck(name, {
      ...platform, balancer, port: ports.test, checks: args.checks, code: args.smokeCode,
    }, { parent })
    const alarms = rollbackAlarms(name, { balancer, traffic, p99Ms: settings.p99Ms, slowResponsesIn: args.slowResponsesIn }, parent)
    const rules = [...allow(`${name}-balancer`, balancer.group, task.group, containerPort, parent), ...args.database.allowFrom(name, task.group, parent)]

    const minutes = deploymentMinutes(deployment)
    const service = new ecs.Service(name, {
      cluster: platform.clusterArn,
      taskDefinition: task.arn,
      launchType: 'FARGATE',
      desiredCount: settings.minTasks,
      networkConfiguration: { subnets: platform.subnetIds, securityGroups: [task.group.id, platform.awsClients.id], assignPublicIp: false },
      deploymentConfiguration: deploymentConfiguration(deployment, smoke),
      deploymentCircuitBreaker: { enable: true, rollback: true },
      alarms: { alarmNames: alarms.map(alarm => alarm.name), enable: true, rollback: true },
      loadBalancers: [{
        containerName: task.container,
        containerPort,
        targetGroupArn: traffic.blue.arn,
        advancedConfiguration: {
          alternateTargetGroupArn: traffic.green.arn,
          productionListenerRule: traffic.productionRule.arn,
          testListenerRule: traffic.testRule.arn,
          roleArn: traffic.role.arn,
        },
      }],
      healthCheckGracePeriodSeconds: 60,
      availabilityZoneRebalancing: 'ENABLED',
      propagateTags: 'SERVICE',
      enableEcsManagedTags: true,
      enableExecuteCommand: false, // ECS Exec needs a writable root file system
      waitForSteadyState: true, // without the wait, a rolled back deployment would look like a successful one
    }, {
      parent,
      // Scaling sets the number of tasks, ECS swaps the target groups.
      ignoreChanges: ['desiredCount', 'loadBalancers'],
      customTimeouts: { create: `${minutes}m`, update: `${minutes}m`, delete: '30m' },
      dependsOn: [...args.dependsOn, ...args.migration.ready, ...task.ready, ...traffic.role.ready, ...smoke.ready, ...alarms, ...rules],
      hooks: { beforeCreate: [args.migration.hook], beforeUpdate: [args.migration.hook] },
    })
    httpScaling(name, { ...settings, clusterName: platform.clusterName, serviceName: service.name, balancer, traffic }, parent)

    this.listener = traffic.listener
    this.name = service.name
    this.task = task
    this.traffic = traffic
    this.registerOutputs({ name: this.name })
  }
}
