import * as pulumi from '@pulumi/pulumi'
import { allow, deny, denyExcept, policyOf, type Statement } from './policy.ts'

export interface Scope {
  /** Names of what the platform makes begin with it. */
  stack: string
  account: pulumi.Output<string>
  stateBucketArn: pulumi.Output<string>
  stateKeyArn: pulumi.Output<string>
  imagesArn: pulumi.Output<string>
  /** The most that a role of the platform may do. */
  serviceBoundaryArn: pulumi.Output<string>
}

/**
 * What the platform is made of, IAM apart. Nothing of it is there yet, so these are whole services; the account is the stack's alone.
 * test/infra/resource-actions.ts has the actions that each type of resource needs.
 */
const services = [
  'acm', 'application-autoscaling', 'cloudfront', 'cloudwatch', 'ec2', 'ecr', 'ecs', 'elasticloadbalancing', 'events', 'lambda', 'logs', 'rds', 'route53', 's3', 'scheduler',
  'secretsmanager', 'sns', 'sqs', 'ssm', 'wafv2',
]
const manageActions = [...services, 'apigateway', 'budgets'].map(service => `${service}:*`)
const readOnlyActions = [
  ...services.flatMap(service => ['Describe', 'Get', 'List'].map(verb => `${service}:${verb}*`)),
  'apigateway:GET', 'budgets:ViewBudget', 'budgets:ListTagsForResource', 'iam:Get*', 'iam:List*', 'kms:DescribeKey',
]
const roleUpdateActions = ['DeleteRole', 'UpdateRole', 'UpdateAssumeRolePolicy', 'DeleteRolePolicy', 'TagRole', 'UntagRole'].map(action => `iam:${action}`)
/** What lets a role do something: for one alone that the service boundary holds, or who deploys could make a role that may do anything. */
const roleGrantActions = ['CreateRole', 'PutRolePolicy', 'PutRolePermissionsBoundary'].map(action => `iam:${action}`)
const roleActions = [...roleUpdateActions, ...roleGrantActions, 'iam:PassRole']
/** What the program makes may run by the program's roles. */
const passedToServices = ['ecs', 'ecs-tasks', 'lambda', 'scheduler', 'vpc-flow-logs'].map(service => `${service}.amazonaws.com`)

const rolesOf = ({ account, stack }: Scope) => pulumi.interpolate`arn:aws:iam::${account}:role/${stack}-*`
const serviceLinkedRoles = ({ account }: Scope) => pulumi.interpolate`arn:aws:iam::${account}:role/aws-service-role/*`
const boundaryCondition = ({ serviceBoundaryArn }: Scope) => ({ 'iam:PermissionsBoundary': serviceBoundaryArn })
const below = (arn: pulumi.Output<string>) => pulumi.interpolate`${arn}/*`

/**
 * Looks at everything and changes nothing. The secrets of the stack are among what a refresh compares, and the state has them in any case;
 * what providers sent and what the processes wrote is not.
 */
export const previewStatements = (scope: Scope): Statement[] => [
  allow(readOnlyActions, ['*']),
  allow(['kms:Decrypt'], [scope.stateKeyArn]),
  denyExcept(['s3:GetObject*'], [below(scope.stateBucketArn), `arn:aws:s3:::${scope.stack}-code*/*`]),
  denyExcept(['secretsmanager:GetSecretValue'], [pulumi.interpolate`arn:aws:secretsmanager:*:${scope.account}:secret:${scope.stack}-*`]),
  deny(['logs:GetLogEvents', 'logs:GetLogRecord', 'logs:GetQueryResults'], ['*']),
]

/** Makes and changes what the program makes. Roles by the stack's name alone, bounded, passed to nobody but the services that run by them. */
export const deployStatements = (scope: Scope): Statement[] => [
  allow([...manageActions, 'iam:Get*', 'iam:List*', 'kms:DescribeKey'], ['*']),
  allow(['kms:Decrypt'], [scope.stateKeyArn]),
  allow(roleUpdateActions, [rolesOf(scope)]),
  allow(roleGrantActions, [rolesOf(scope)], { StringEquals: boundaryCondition(scope) }),
  allow(['iam:PassRole'], [rolesOf(scope)], { StringEquals: { 'iam:PassedToService': passedToServices } }),
  allow(['iam:CreateServiceLinkedRole'], [serviceLinkedRoles(scope)]),
]

/** Holds whatever the two roles are given later: no user, key or unbounded role of IAM, no other service, nothing that the bootstrap has made. */
export const boundaryOf = (scope: Scope): pulumi.Output<string> => policyOf([
  allow([...manageActions, ...roleActions, 'iam:CreateServiceLinkedRole', 'iam:Get*', 'iam:List*', 'kms:DescribeKey', 'kms:Decrypt'], ['*']),
  denyExcept(roleActions, [rolesOf(scope)]),
  deny(roleGrantActions, ['*'], { StringNotEquals: boundaryCondition(scope) }),
  deny(['iam:DeleteRolePermissionsBoundary'], ['*']),
  deny(['s3:Delete*Version', 's3:DeleteBucket*', 's3:PutBucket*', 's3:Put*Configuration'], [scope.stateBucketArn, below(scope.stateBucketArn)]),
  deny(['ecr:Delete*', 'ecr:BatchDeleteImage', 'ecr:SetRepositoryPolicy', 'ecr:PutImageTagMutability', 'ecr:PutLifecyclePolicy'], [scope.imagesArn]),
])
