import * as pulumi from '@pulumi/pulumi'
import { allow, deny, denyExcept, policyOf, type Statement } from './policy.ts'

export interface Scope {
  /** Prefix of the names of the platform's resources. */
  stack: string
  account: pulumi.Output<string>
  stateBucketArn: pulumi.Output<string>
  stateKeyArn: pulumi.Output<string>
  imagesArn: pulumi.Output<string>
  /** Permissions boundary of the platform's roles. */
  serviceBoundaryArn: pulumi.Output<string>
}

/**
 * AWS services of the platform, without IAM. No resource exists yet, so the permissions are for whole services.
 * The account belongs to the stack alone. test/infra/resource-actions.ts has the actions that each type of resource needs.
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
/** Actions that give permissions to a role. They need the service boundary: without it, the deploy role could create an unlimited role. */
const roleGrantActions = ['CreateRole', 'PutRolePolicy', 'PutRolePermissionsBoundary'].map(action => `iam:${action}`)
const roleActions = [...roleUpdateActions, ...roleGrantActions, 'iam:PassRole']
/** Services that run the program's resources with the program's roles. */
const passedToServices = ['ecs', 'ecs-tasks', 'lambda', 'scheduler', 'vpc-flow-logs'].map(service => `${service}.amazonaws.com`)

const rolesOf = ({ account, stack }: Scope) => pulumi.interpolate`arn:aws:iam::${account}:role/${stack}-*`
const serviceLinkedRoles = ({ account }: Scope) => pulumi.interpolate`arn:aws:iam::${account}:role/aws-service-role/*`
const boundaryCondition = ({ serviceBoundaryArn }: Scope) => ({ 'iam:PermissionsBoundary': serviceBoundaryArn })
const below = (arn: pulumi.Output<string>) => pulumi.interpolate`${arn}/*`

/**
 * Reads everything and changes nothing. A refresh compares the secrets of the stack, and the state contains them too.
 * The role reads neither the providers' payloads nor the logs of the processes.
 */
export const previewStatements = (scope: Scope): Statement[] => [
  allow(readOnlyActions, ['*']),
  allow(['kms:Decrypt'], [scope.stateKeyArn]),
  denyExcept(['s3:GetObject*'], [below(scope.stateBucketArn), `arn:aws:s3:::${scope.stack}-code*/*`]),
  denyExcept(['secretsmanager:GetSecretValue'], [pulumi.interpolate`arn:aws:secretsmanager:*:${scope.account}:secret:${scope.stack}-*`]),
  deny(['logs:GetLogEvents', 'logs:GetLogRecord', 'logs:GetQueryResults'], ['*']),
]

/**
 * Creates and changes the program's resources. Roles need the stack's name as a prefix, and the boundary.
 * They are passed only to the services that run with them.
 */
export const deployStatements = (scope: Scope): Statement[] => [
  allow([...manageActions, 'iam:Get*', 'iam:List*', 'kms:DescribeKey'], ['*']),
  allow(['kms:Decrypt'], [scope.stateKeyArn]),
  allow(roleUpdateActions, [rolesOf(scope)]),
  allow(roleGrantActions, [rolesOf(scope)], { StringEquals: boundaryCondition(scope) }),
  allow(['iam:PassRole'], [rolesOf(scope)], { StringEquals: { 'iam:PassedToService': passedToServices } }),
  allow(['iam:CreateServiceLinkedRole'], [serviceLinkedRoles(scope)]),
]

/**
 * Limits both roles, whatever permissions they get later: no user, key or unbounded role of IAM, no other service,
 * no change of the bootstrap's resources.
 */
export const boundaryOf = (scope: Scope): pulumi.Output<string> => policyOf([
  allow([...manageActions, ...roleActions, 'iam:CreateServiceLinkedRole', 'iam:Get*', 'iam:List*', 'kms:DescribeKey', 'kms:Decrypt'], ['*']),
  denyExcept(roleActions, [rolesOf(scope)]),
  deny(roleGrantActions, ['*'], { StringNotEquals: boundaryCondition(scope) }),
  deny(['iam:DeleteRolePermissionsBoundary'], ['*']),
  deny(['s3:Delete*Version', 's3:DeleteBucket*', 's3:PutBucket*', 's3:Put*Configuration'], [scope.stateBucketArn, below(scope.stateBucketArn)]),
  deny(['ecr:Delete*', 'ecr:BatchDeleteImage', 'ecr:SetRepositoryPolicy', 'ecr:PutImageTagMutability', 'ecr:PutLifecyclePolicy'], [scope.imagesArn]),
])
