import * as iam from '@pulumi/aws/iam/index.js'
import * as pulumi from '@pulumi/pulumi'
import { allow, deny, policyOf } from './policy.ts'

/** What the roles in infra/components are given, `iam:PassRole` apart; a test compares. On which resources, each role says for itself. */
const allowedActions: Record<string, string[]> = {
  ec2: ['AssignPrivateIpAddresses', 'CreateNetworkInterface', 'DeleteNetworkInterface', 'DescribeNetworkInterfaces', 'DescribeSubnets', 'UnassignPrivateIpAddresses'],
  ecr: ['BatchCheckLayerAvailability', 'BatchGetImage', 'GetAuthorizationToken', 'GetDownloadUrlForLayer'],
  ecs: ['GetTaskProtection', 'RunTask', 'UpdateTaskProtection'],
  elasticloadbalancing: ['DeregisterTargets', 'DescribeListeners', 'DescribeRules', 'DescribeTargetGroups', 'DescribeTargetHealth', 'ModifyListener', 'ModifyRule',
    'RegisterTargets'],
  lambda: ['InvokeFunction'],
  logs: ['CreateLogStream', 'DescribeLogStreams', 'PutLogEvents'],
  'rds-db': ['connect'],
  s3: ['AbortMultipartUpload', 'DeleteObject', 'DeleteObjectVersion', 'GetObject', 'GetObjectVersion', 'ListBucket', 'PutObject'],
  secretsmanager: ['GetSecretValue'],
  sqs: ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage', 'SendMessage'],
}
const actions = Object.entries(allowedActions).flatMap(([service, names]) => names.map(name => `${service}:${name}`))

export interface ServiceBoundaryArgs {
  account: pulumi.Output<string>
  stateBucketArn: pulumi.Output<string>
}

/**
 * The most that a role of the platform may ever do, whatever it is given by who deploys: nothing of Pulumi's state, and of IAM one thing
 * alone: the monthly schedule passes the migrator's two roles to ECS. By their names: copies of a stack have roles of their own.
 */
export const serviceBoundary = (name: string, { account, stateBucketArn }: ServiceBoundaryArgs, opts: pulumi.CustomResourceOptions): iam.Policy =>
  new iam.Policy(`${name}-service-boundary`, {
    name: `${name}-service-boundary`, description: 'the most that a role of the platform may ever do',
    policy: policyOf([
      allow(actions, ['*']),
      allow(['iam:PassRole'], [pulumi.interpolate`arn:aws:iam::${account}:role/*-migrate-*`], { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } }),
      deny(['s3:*'], [stateBucketArn, pulumi.interpolate`${stateBucketArn}/*`]),
    ]),
  }, opts)
