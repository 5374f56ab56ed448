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
 * Publishes a message for each migrator that fails: one that ends with another exit code than 0, or that ECS could not start, which has no
 * exit code. The monthly runs are among them, and those of deployments.
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
      // Not stoppedReason: a quotation mark in it would end the text.
      inputPaths: { task: '$.detail.taskArn', definition: '$.detail.taskDefinitionArn', stopped: '$.detail.stoppedAt', code: '$.detail.stopCode' },
      inputTemplate: '"The migrator <definition> failed at <stopped> (<code>). Task: <task>. What to do: docs/runbook.md#migrator-failed"',
    },
  }, opts)
}
