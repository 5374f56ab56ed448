import * as scheduler from '@pulumi/aws/scheduler/index.js'
import * as sqs from '@pulumi/aws/sqs/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { OneOff } from './one-off.ts'
import { onlyByTls } from '../../iam/only-by-tls.ts'
import { role } from '../../iam/roles.ts'
import type { Platform } from './task.ts'

export interface MonthlyMigrationArgs {
  platform: Platform
  migrate: OneOff
  /** Services that must run the release of `migrate` before the schedule takes that release. */
  dependsOn: pulumi.Resource[]
}

/**
 * Runs the migrator on the first day of each month. Prices are accepted for the months that the migrator creates. The schedule names
 * the revision of the deployed release, and changes after the services: after a failed deployment, the previous migrator runs.
 */
export class MonthlyMigration extends pulumi.ComponentResource {
  /** Queue of the invocations that started no task. */
  readonly deadLetterName: pulumi.Output<string>

  constructor (name: string, { platform, migrate, dependsOn }: MonthlyMigrationArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:MonthlyMigration', name, {}, opts)
    const parent = this
    const { region, account, clusterArn, permissionsBoundary } = platform
    const { task, reference } = migrate
    const deadLetterQueue = new sqs.Queue(`${name}-months-dead`, { sqsManagedSseEnabled: true, messageRetentionSeconds: 14 * 24 * 60 * 60 }, { parent })
    const tlsPolicy = new sqs.QueuePolicy(`${name}-months-dead`, {
      queueUrl: deadLetterQueue.url, policy: pulumi.jsonStringify({ Version: '2012-10-17', Statement: [onlyByTls('sqs:*', [deadLetterQueue.arn])] }),
    }, { parent })
    const own = role(`${name}-months`, {
      service: 'scheduler.amazonaws.com',
      account,
      permissionsBoundary,
      statements: [
        {
          actions: ['ecs:RunTask'],
          resources: [`arn:aws:ecs:${region}:${account}:task-definition/${task.family}:*`],
          condition: { ArnEquals: { 'ecs:cluster': clusterArn } },
        },
        { actions: ['iam:PassRole'], resources: task.roleArns, condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } } },
        { actions: ['sqs:SendMessage'], resources: [deadLetterQueue.arn] },
      ],
    }, parent)
    new scheduler.Schedule(`${name}-months`, {
      description: 'Runs the migrator, which makes the months for which prices are accepted',
      scheduleExpression: 'cron(20 4 1 * ? *)',
      scheduleExpressionTimezone: 'UTC',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: clusterArn,
        roleArn: own.arn,
        ecsParameters: {
          taskDefinitionArn: task.arn,
          taskCount: 1,
          launchType: 'FARGATE',
          networkConfiguration: { subnets: reference.subnets, securityGroups: reference.securityGroups, assignPublicIp: false },
        },
        // Hours, so that an hour without Fargate capacity does not lose a month. An attempt that ECS accepts is the last one.
        retryPolicy: { maximumEventAgeInSeconds: 6 * 60 * 60, maximumRetryAttempts: 185 },
        deadLetterConfig: { arn: deadLetterQueue.arn },
      },
    }, { parent, dependsOn: [tlsPolicy, ...own.ready, ...migrate.ready, ...dependsOn] })
    this.deadLetterName = deadLetterQueue.name
    this.registerOutputs({ deadLetterName: this.deadLetterName })
  }
}
