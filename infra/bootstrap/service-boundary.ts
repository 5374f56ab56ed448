import * as iam from '@pulumi/aws/iam/index.js'
import * as pulumi from '@pulumi/pulumi'
import { allow, deny, policyOf } from './policy.ts'

/** All actions of the roles in infra/components, except `iam:PassRole`. A test compares them. Each role limits its resources itself. */
const allowedActions: Record<string, string[]> = {
  ec2: ['AssignPrivateIpAddresses', 'CreateNetworkInterface', 'DeleteNetworkInterface', 'DescribeNetworkInterfaces', 'DescribeSubnets', 'UnassignPrivateIpAddresses'],
  ecr: ['BatchCheckLayerAvailability', 'BatchGetImage', 'GetAuthorizationToken', 'GetDownloadUrlForLayer'],
  ecs: ['GetTaskProtection', 'RunTask', 'UpdateTaskProtection'],
  elasticloadbalancing: ['DeregisterTargets', 'DescribeListeners', 'DescribeRules', 'DescribeTargetGroups', 'DescribeTargetHealth', 'ModifyListener', 'ModifyRule',
    'RegisterTargets'],
  lambda: ['InvokeFunction'],
  logs: ['CreateLogStream', 'DescribeLogStreams', 'PutLogEvents'],
  'rds-db': ['connect'],
  s3: ['AbortMultipartUpload', 'DeleteObject', 'DeleteObjectVersion', 'GetObject', 'GetObjectVersion', 'ListBucket', 'ListBucketVersions', 'PutObject'],
  secretsmanager: ['GetSecretValue'],
  sqs: ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage', 'SendMessage'],
}
const actions = Object.entries(allowedActions).flatMap(([service, names]) => names.map(name => `${service}:${name}`))

export interface ServiceBoundaryArgs {
  account: pulumi.Output<string>
  stateBucketArn: pulumi.Output<string>
}

/**
 * Limits every role of the platform, whatever permissions a deployment gives it. No role reads Pulumi's state.
 * One action of IAM is allowed: the monthly schedule passes the migrator's two roles to ECS.
 * The roles match by name, because a copy of a stack has its own roles.
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
