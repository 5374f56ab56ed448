import * as iam from '@pulumi/aws/iam/index.js'
import * as pulumi from '@pulumi/pulumi'
import { boundaryOf, deployStatements, previewStatements, type Scope } from './permissions.ts'
import { policyOf, type Statement } from './policy.ts'

export interface CiArgs extends Scope {
  /** owner/name */
  githubRepository: string
  /** ARN of an existing OIDC provider. Without one, the component creates a provider. */
  oidcProviderArn?: string | undefined
}

const issuer = 'token.actions.githubusercontent.com'

/** GitHub's workflows in the account, with tokens that live for minutes and no stored key: one role that reads and one that deploys. */
export class Ci extends pulumi.ComponentResource {
  readonly previewArn: pulumi.Output<string>
  readonly deployArn: pulumi.Output<string>

  constructor (name: string, { githubRepository, oidcProviderArn, ...scope }: CiArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:bootstrap:Ci', name, {}, opts)
    const parent = this
    const providerArn = oidcProviderArn === undefined
      ? new iam.OpenIdConnectProvider(name, { url: `https://${issuer}`, clientIdLists: ['sts.amazonaws.com'] }, { parent }).arn
      : pulumi.output(oidcProviderArn)
    const boundary = new iam.Policy(`${name}-ci-boundary`, {
      name: `${name}-ci-boundary`, description: 'the most that a workflow may ever do', policy: boundaryOf(scope),
    }, { parent })

    const role = (kind: string, subjects: string[], statements: Statement[]): pulumi.Output<string> => {
      const iamRole = new iam.Role(`${name}-ci-${kind}`, {
        // The workflows refer to the role by this name.
        name: `${name}-ci-${kind}`,
        assumeRolePolicy: trust(providerArn, subjects.map(subject => `repo:${githubRepository}:${subject}`)),
        permissionsBoundary: boundary.arn,
        maxSessionDuration: 2 * 3600,
      }, { parent })
      const policy = new iam.Policy(`${name}-ci-${kind}`, { name: `${name}-ci-${kind}`, policy: policyOf(statements) }, { parent })
      new iam.RolePolicyAttachment(`${name}-ci-${kind}`, { role: iamRole.name, policyArn: policy.arn }, { parent })
      return iamRole.arn
    }
    this.previewArn = role('preview', previewSubjects(scope.stack), previewStatements(scope))
    this.deployArn = role('deploy', [`environment:${scope.stack}`], deployStatements(scope))
    this.registerOutputs({ previewArn: this.previewArn, deployArn: this.deployArn })
  }
}

/**
 * Returns the subjects that may assume the preview role. A preview needs the secrets in the state, so this role can read them.
 * A pull request runs a program that nobody has reviewed yet. It may preview every account but production's.
 * There, only merged code may: the preview before the approval, and drift detection.
 */
const previewSubjects = (stack: string): string[] => [...(stack === 'prod' ? [] : ['pull_request']), 'ref:refs/heads/main']

const trust = (providerArn: pulumi.Output<string>, subjects: string[]): pulumi.Output<string> => pulumi.jsonStringify({
  Version: '2012-10-17',
  Statement: [{
    Effect: 'Allow', Principal: { Federated: providerArn }, Action: 'sts:AssumeRoleWithWebIdentity',
    // Exact subjects: a pattern would also admit a similar name that somebody else creates.
    Condition: { StringEquals: { [`${issuer}:aud`]: 'sts.amazonaws.com', [`${issuer}:sub`]: subjects } },
  }],
})
