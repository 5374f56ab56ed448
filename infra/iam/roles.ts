import * as iam from '@pulumi/aws/iam/index.js'
import * as pulumi from '@pulumi/pulumi'

/** One statement of a policy that allows something: exact actions on exact resources. */
export interface Statement {
  actions: string[]
  resources: pulumi.Input<string>[]
  condition?: Record<string, Record<string, pulumi.Input<string>>> | undefined
}

export interface RoleArgs {
  /** The AWS service that takes the role on, as in `ecs-tasks.amazonaws.com`. */
  service: string
  statements: Statement[]
  /** The account in which alone the service may take it on, against a confused deputy; for services that say which one they act for. */
  account?: string | undefined
  /** ARN of the policy that is the most the role may do, whatever it is given. */
  permissionsBoundary: string | undefined
  /** Runs before what the role may do changes. */
  after?: Precondition | undefined
}

/** What runs before a resource is made or changed, and what that waits for. */
export interface Precondition {
  hook: pulumi.ResourceHook
  ready: pulumi.Resource[]
}

/** The options of a resource that is made and changed after the gate's hook. */
export const optionsAfter = (precondition: Precondition | undefined): pulumi.CustomResourceOptions =>
  precondition ? { dependsOn: precondition.ready, hooks: { beforeCreate: [precondition.hook], beforeUpdate: [precondition.hook] } } : {}

export interface Role {
  arn: pulumi.Output<string>
  /** Made once the role can do what it may. */
  ready: pulumi.Resource[]
}

/** A role and what it may do, which is nothing else. */
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
