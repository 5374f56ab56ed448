import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import * as pulumi from '@pulumi/pulumi'

export interface FailedMigrationsArgs {
  region: string
  account: string
  /** Family of the migrator's task definitions. */
  migratorFamily: string
  topicArn: pulumi.Output<string>
}

/**
 * Publishes a message for each failed migrator: its exit code is not 0, or ECS could not start the task, which then has no exit code.
 * This includes the monthly runs and those of deployments.
 */
export function failedMigrations (name: string, args: FailedMigrationsArgs, opts: pulumi.CustomResourceOptions): void {
  const { region, account, migratorFamily, topicArn } = args
  const failed = new cloudwatch.EventRule(`${name}-failed-migrations`, {
    description: 'A migrator failed',
    eventPattern: JSON.stringify({
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: {
        taskDefinitionArn: [{ prefix: `arn:aws:ecs:${region}:${account}:task-definition/${migratorFamily}:` }],
        lastStatus: ['STOPPED'],
        $or: [{ containers: { exitCode: [{ 'anything-but': [0] }] } }, { containers: { exitCode: [{ exists: false }] } }],
      },
    }),
  }, opts)
  new cloudwatch.EventTarget(`${name}-failed-migrations`, {
    rule: failed.name,
    arn: topicArn,
    inputTransformer: {
      // Without stoppedReason, because a quotation mark in it would end the text.
      inputPaths: { task: '$.detail.taskArn', definition: '$.detail.taskDefinitionArn', stopped: '$.detail.stoppedAt', code: '$.detail.stopCode' },
      inputTemplate: '"The migrator <definition> failed at <stopped> (<code>). Task: <task>. What to do: docs/runbook.md#migrator-failed"',
    },
  }, opts)
}
