import * as iam from '@pulumi/aws/iam/index.js'
import * as pulumi from '@pulumi/pulumi'
import { allow, deny, policyOf } from './policy.ts'

/** What the roles in infra/components are given, all together; a test compares. On which resources, each role says for itself. */
const needed: Record<string, string[]> = {
  ec2: ['AssignPrivateIpAddresses', 'CreateNetworkInterface', 'DeleteNetworkInterface', 'DescribeNetworkInterfaces', 'DescribeSubnets', 'UnassignPrivateIpAddresses'],
  ecr: ['BatchCheckLayerAvailability', 'BatchGetImage', 'GetAuthorizationToken', 'GetDownloadUrlForLayer'],
  ecs: ['GetTaskProtection', 'UpdateTaskProtection'],
  elasticloadbalancing: ['DeregisterTargets', 'DescribeListeners', 'DescribeRules', 'DescribeTargetGroups', 'DescribeTargetHealth', 'ModifyListener', 'ModifyRule',
    'RegisterTargets'],
  lambda: ['InvokeFunction'],
  logs: ['CreateLogStream', 'DescribeLogStreams', 'PutLogEvents'],
  'rds-db': ['connect'],
  s3: ['AbortMultipartUpload', 'DeleteObject', 'DeleteObjectVersion', 'GetObject', 'GetObjectVersion', 'ListBucket', 'PutObject'],
  secretsmanager: ['GetSecretValue'],
  sqs: ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage', 'SendMessage'],
}
const actions = Object.entries(needed).flatMap(([service, names]) => names.map(name => `${service}:${name}`))

/** The most that a role of the platform may ever do, whatever it is given by who deploys: no IAM, no other role, nothing of Pulumi's state. */
export const serviceBoundary = (name: string, stateBucketArn: pulumi.Output<string>, opts: pulumi.CustomResourceOptions): iam.Policy =>
  new iam.Policy(`${name}-service-boundary`, {
    name: `${name}-service-boundary`, description: 'the most that a role of the platform may ever do',
    policy: policyOf([allow(actions, ['*']), deny(['s3:*'], [stateBucketArn, pulumi.interpolate`${stateBucketArn}/*`])]),
  }, opts)
