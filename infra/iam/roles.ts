import * as iam from '@pulumi/aws/iam/index.js'
import * as pulumi from '@pulumi/pulumi'

/** One allowing statement of a policy: exact actions on exact resources. */
export interface Statement {
  actions: string[]
  resources: pulumi.Input<string>[]
  condition?: Record<string, Record<string, pulumi.Input<string>>> | undefined
}

export interface RoleArgs {
  /** The AWS service that assumes the role, as in `ecs-tasks.amazonaws.com`. */
  service: string
  statements: Statement[]
  /** The only account for which the service may assume the role, against a confused deputy. For services that name the account. */
  account?: string | undefined
  /** ARN of the permissions boundary. */
  permissionsBoundary: string | undefined
  /** Runs before the permissions of the role change. */
  after?: Precondition | undefined
}

/** A hook that runs before a resource is created or changed, and the resources that the hook waits for. */
export interface Precondition {
  hook: pulumi.ResourceHook
  ready: pulumi.Resource[]
}

/** Returns the options of a resource that is created and changed after the precondition's hook. */
export const optionsAfter = (precondition: Precondition | undefined): pulumi.CustomResourceOptions =>
  precondition ? { dependsOn: precondition.ready, hooks: { beforeCreate: [precondition.hook], beforeUpdate: [precondition.hook] } } : {}

export interface Role {
  arn: pulumi.Output<string>
  /** Resources that exist once the role has its permissions. */
  ready: pulumi.Resource[]
}

/** Creates a role with these permissions and no others. */
export function role (name: string, { service, statements, account, permissionsBoundary, after }: RoleArgs, parent: pulumi.Resource): Role {
  const iamRole = new iam.Role(name, {
    assumeRolePolicy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{
        Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole',
        ...(account ? { Condition: { StringEquals: { 'aws:SourceAccount': account } } } : {}),
      }],
    }),
    permissionsBoundary,
  }, { parent })
  const policy = statements.length === 0
    ? []
    : [new iam.RolePolicy(name, { role: iamRole.name, policy: policyOf(statements) }, { parent, ...optionsAfter(after) })]
  return { arn: iamRole.arn, ready: [iamRole, ...policy] }
}

function policyOf (statements: Statement[]): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version: '2012-10-17',
    Statement: statements.map(({ actions, resources, condition }) => ({
      Effect: 'Allow', Action: actions, Resource: resources, ...(condition ? { Condition: condition } : {}),
    })),
  })
}
