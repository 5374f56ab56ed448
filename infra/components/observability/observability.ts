import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import * as sns from '@pulumi/aws/sns/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { MetricSources } from '../../metric-sources.ts'
import { alarms, type AlarmsArgs } from './alarms.ts'
import { budget } from './budget.ts'
import { dashboard, type DashboardArgs } from './dashboard.ts'
import { failedMigrations } from './failed-migrations.ts'

export interface ObservabilityArgs {
  stack: string
  account: string
  /** E-mail address of the messages, whose owner confirms once. */
  email?: string | undefined
  monthlyUsd: number
  clusterName: pulumi.Output<string>
  /** Family of the migrator's task definitions. */
  migratorFamily: string
  region: string
  definitions: { alarms: AlarmsArgs['definitions'], dashboard: DashboardArgs['rows'] }
  sources: MetricSources
  limits: AlarmsArgs['limits']
}

/** The alarms, the dashboard, and one topic for all notifications: alarms, failed deployments, budget. */
export class Observability extends pulumi.ComponentResource {
  readonly topicArn: pulumi.Output<string>
  readonly dashboardUrl: pulumi.Output<string>

  constructor (name: string, args: ObservabilityArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Observability', name, {}, opts)
    const parent = this
    const topic = new sns.Topic(`${name}-alarms`, {}, { parent })
    const policy = new sns.TopicPolicy(`${name}-alarms`, { arn: topic.arn, policy: publishers(topic.arn, args.account) }, { parent })
    if (args.email) new sns.TopicSubscription(`${name}-alarms`, { topic: topic.arn, protocol: 'email', endpoint: args.email }, { parent })

    const failed = new cloudwatch.EventRule(`${name}-failed-deployments`, {
      description: 'A deployment was rolled back, or waits for a person',
      eventPattern: pulumi.jsonStringify({
        source: ['aws.ecs'],
        resources: [{ prefix: pulumi.interpolate`arn:aws:ecs:${args.region}:${args.account}:service/${args.clusterName}/` }],
        'detail-type': ['ECS Deployment State Change', 'ECS Service Action', 'ECS Hook State Change'],
        detail: { eventName: ['SERVICE_DEPLOYMENT_FAILED', 'SERVICE_TASK_START_IMPAIRED', 'HOOK_AWAITING_ACTION'] },
      }),
    }, { parent })
    new cloudwatch.EventTarget(`${name}-failed-deployments`, { rule: failed.name, arn: topic.arn }, { parent, dependsOn: policy })
    failedMigrations(name, { ...args, topicArn: topic.arn }, { parent, dependsOn: policy })
    const { definitions, sources, region, limits } = args
    alarms(name, { definitions: definitions.alarms, sources, topicArn: topic.arn, limits }, parent)
    const cloudWatchDashboard = dashboard(name, { rows: definitions.dashboard, sources, region }, parent)
    budget(name, { stack: args.stack, monthlyUsd: args.monthlyUsd, topicArn: topic.arn }, parent)

    this.topicArn = topic.arn
    this.dashboardUrl = pulumi.interpolate`https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${cloudWatchDashboard.dashboardName}`
    this.registerOutputs({ topicArn: this.topicArn })
  }
}

/** Permits AWS's own services to publish, for this account. EventBridge does not accept a condition in a topic's policy. */
const publishers = (topicArn: pulumi.Output<string>, account: string) => {
  const may = (services: string[]) => ({ Effect: 'Allow', Principal: { Service: services }, Action: 'sns:Publish', Resource: topicArn })
  return pulumi.jsonStringify({
    Version: '2012-10-17',
    Statement: [
      { ...may(['cloudwatch.amazonaws.com', 'budgets.amazonaws.com']), Condition: { StringEquals: { 'aws:SourceAccount': account } } },
      may(['events.amazonaws.com']),
    ],
  })
}
