import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import * as sns from '@pulumi/aws/sns/index.js'
import * as pulumi from '@pulumi/pulumi'
import { budget } from './budget.ts'

export interface ObservabilityArgs {
  stack: string
  account: string
  /** Where messages go; whoever has the address confirms once. */
  email?: string | undefined
  monthlyUsd: number
  clusterArn: pulumi.Input<string>
}

/** One topic for all that somebody should know: alarms, deployments that failed, money. */
export class Observability extends pulumi.ComponentResource {
  readonly topicArn: pulumi.Output<string>

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
        'detail-type': ['ECS Deployment State Change', 'ECS Service Action', 'ECS Hook State Change'],
        detail: { eventName: ['SERVICE_DEPLOYMENT_FAILED', 'SERVICE_TASK_START_IMPAIRED', 'HOOK_AWAITING_ACTION'] },
      }),
    }, { parent })
    new cloudwatch.EventTarget(`${name}-failed-deployments`, { rule: failed.name, arn: topic.arn }, { parent, dependsOn: policy })
    budget(name, { stack: args.stack, monthlyUsd: args.monthlyUsd, topicArn: topic.arn }, parent)

    this.topicArn = topic.arn
    this.registerOutputs({ topicArn: this.topicArn })
  }
}

/** AWS's own services may publish, for this account. */
const publishers = (topicArn: pulumi.Output<string>, account: string) => pulumi.jsonStringify({
  Version: '2012-10-17',
  Statement: [{
    Effect: 'Allow',
    Principal: { Service: ['cloudwatch.amazonaws.com', 'events.amazonaws.com', 'budgets.amazonaws.com'] },
    Action: 'sns:Publish',
    Resource: topicArn,
    Condition: { StringEquals: { 'aws:SourceAccount': account } },
  }],
})
