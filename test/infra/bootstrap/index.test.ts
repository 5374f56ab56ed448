import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import t, { type Test } from 'tap'
import { type Program, runBootstrap } from '../program.ts'

/** The program that runs once in each account. */
const issuer = 'token.actions.githubusercontent.com'
const repository = 'example/freight-rates'
const documentOf = (text: string): any[] => JSON.parse(text).Statement

for (const stack of ['dev', 'staging', 'prod']) {
  t.test(stack, async t => {
    const program = await runBootstrap(stack)
    await t.test('state', async t => state(t, program))
    await t.test('trust', async t => trust(t, program))
    await t.test('permissions', async t => permissions(t, program))
    await t.test('rights', async t => rights(t, program))
  })
}

t.test('a pattern instead of a repository is refused', t => t.rejects(runBootstrap('dev', { 'freight-bootstrap:githubRepository': 'example/*' }), /githubRepository/))

t.test('the existing OIDC provider of the account is used, and neither made nor removed', async t => {
  const arn = `arn:aws:iam::111111111111:oidc-provider/${issuer}`
  const { of, named } = await runBootstrap('dev', { 'freight-bootstrap:oidcProviderArn': arn })
  t.same(of('aws:iam/openIdConnectProvider:OpenIdConnectProvider'), [])
  for (const kind of ['deploy', 'preview']) {
    t.match(documentOf(named(`freight-ci-${kind}`, 'aws:iam/role:Role').inputs.assumeRolePolicy), [{ Principal: { Federated: arn } }], kind)
  }
  await t.rejects(runBootstrap('dev', { 'freight-bootstrap:oidcProviderArn': 'arn:aws:iam::111111111111:oidc-provider/example.com' }), /oidcProviderArn/)
})

function state (t: Test, { named, of, outputs }: Program): void {
  t.match(named('freight-pulumi', 'aws:s3/bucket:Bucket'), { protect: true, inputs: { bucket: 'freight-pulumi-111111111111', forceDestroy: false } })
  t.match(named('freight-pulumi', 'aws:s3/bucketVersioning:BucketVersioning').inputs, { versioningConfiguration: { status: 'Enabled' } })
  t.match(named('freight-pulumi', 'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock').inputs, {
    blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true,
  })
  t.equal(of('aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration').length, 1, 'encrypted')
  t.match(documentOf(named('freight-pulumi', 'aws:s3/bucketPolicy:BucketPolicy').inputs.policy),
    [{ Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }], 'TLS only')
  const [rule] = named('freight-pulumi', 'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration').inputs.rules
  t.notOk(rule.expiration, 'no state expires')
  t.match(named('freight-pulumi', 'aws:kms/key:Key'), { protect: true, inputs: { enableKeyRotation: true, deletionWindowInDays: 30 } })
  t.match(named('freight', 'aws:ecr/repository:Repository'), { protect: true, inputs: { name: 'freight', imageTagMutability: 'IMMUTABLE', forceDelete: false } })
  t.equal(outputs.backend, 's3://freight-pulumi-111111111111?region=eu-west-1')
  t.match(outputs.secretsProvider, /^awskms:\/\/\/arn:aws:kms:.+\?region=eu-west-1$/)
}

/** Checks who may assume a role: complete subjects of one repository, which no name of a branch or a fork matches. */
function trust (t: Test, { named, of, stack }: Program): void {
  t.match(of('aws:iam/openIdConnectProvider:OpenIdConnectProvider').map(({ inputs }) => inputs), [{ url: `https://${issuer}`, clientIdLists: ['sts.amazonaws.com'] }])
  const subjectsOf = (kind: string): string[] => {
    const { inputs } = named(`freight-ci-${kind}`, 'aws:iam/role:Role')
    const [statement, ...others] = documentOf(inputs.assumeRolePolicy)
    t.same(others, [])
    t.equal(statement.Action, 'sts:AssumeRoleWithWebIdentity')
    t.same(Object.keys(statement.Condition), ['StringEquals'])
    t.equal(statement.Condition.StringEquals[`${issuer}:aud`], 'sts.amazonaws.com')
    return statement.Condition.StringEquals[`${issuer}:sub`]
  }
  t.same(subjectsOf('deploy'), [`repo:${repository}:environment:${stack}`])
  t.same(subjectsOf('preview'), [...(stack === 'prod' ? [] : [`repo:${repository}:pull_request`]), `repo:${repository}:ref:refs/heads/main`])
}

/** Actions that a person needs to make, read, change and remove each type of the bootstrap (AWS, Service Authorization Reference). */
const actionsOf: Record<string, string[]> = {
  'aws:s3/bucket:Bucket': ['s3:CreateBucket', 's3:DeleteBucket', 's3:ListBucket', 's3:GetBucketLocation', 's3:GetBucketTagging', 's3:PutBucketTagging', 's3:GetAccelerateConfiguration',
    's3:GetReplicationConfiguration', 's3:GetBucketObjectLockConfiguration'],
  'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock': ['s3:GetBucketPublicAccessBlock', 's3:PutBucketPublicAccessBlock'],
  'aws:s3/bucketOwnershipControls:BucketOwnershipControls': ['s3:GetBucketOwnershipControls', 's3:PutBucketOwnershipControls'],
  'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration': ['s3:GetEncryptionConfiguration', 's3:PutEncryptionConfiguration'],
  'aws:s3/bucketPolicy:BucketPolicy': ['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy'],
  'aws:s3/bucketVersioning:BucketVersioning': ['s3:GetBucketVersioning', 's3:PutBucketVersioning'],
  'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration': ['s3:GetLifecycleConfiguration', 's3:PutLifecycleConfiguration'],
  'aws:kms/key:Key': ['kms:CreateKey', 'kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus', 'kms:EnableKeyRotation', 'kms:TagResource', 'kms:ListResourceTags', 'kms:ScheduleKeyDeletion'],
  'aws:kms/alias:Alias': ['kms:CreateAlias', 'kms:UpdateAlias', 'kms:DeleteAlias', 'kms:ListAliases'],
  'aws:ecr/repository:Repository': ['ecr:CreateRepository', 'ecr:DescribeRepositories', 'ecr:ListTagsForResource', 'ecr:TagResource', 'ecr:PutImageScanningConfiguration', 'ecr:DeleteRepository'],
  'aws:ecr/lifecyclePolicy:LifecyclePolicy': ['ecr:PutLifecyclePolicy', 'ecr:GetLifecyclePolicy', 'ecr:DeleteLifecyclePolicy'],
  'aws:iam/openIdConnectProvider:OpenIdConnectProvider': ['iam:CreateOpenIDConnectProvider', 'iam:GetOpenIDConnectProvider', 'iam:TagOpenIDConnectProvider', 'iam:DeleteOpenIDConnectProvider'],
  'aws:iam/policy:Policy': ['iam:CreatePolicy', 'iam:GetPolicy', 'iam:GetPolicyVersion', 'iam:ListPolicyVersions', 'iam:CreatePolicyVersion', 'iam:DeletePolicyVersion', 'iam:TagPolicy', 'iam:DeletePolicy'],
  'aws:iam/role:Role': ['iam:CreateRole', 'iam:GetRole', 'iam:TagRole', 'iam:UpdateRole', 'iam:UpdateAssumeRolePolicy', 'iam:PutRolePermissionsBoundary', 'iam:ListRolePolicies',
    'iam:ListAttachedRolePolicies', 'iam:ListInstanceProfilesForRole', 'iam:DeleteRole'],
  'aws:iam/rolePolicyAttachment:RolePolicyAttachment': ['iam:AttachRolePolicy', 'iam:DetachRolePolicy', 'iam:ListAttachedRolePolicies'],
}

/** Checks that the policy of docs/aws.md for the bootstrap allows what the bootstrap makes, on those names alone. */
function rights (t: Test, { all }: Program): void {
  const text = readFileSync(join(import.meta.dirname, '../../../infra/bootstrap/rights.json'), 'utf8')
  t.ok(text.replace(/\s/g, '').length < 6_144, 'IAM accepts no longer policy')
  const allowed = documentOf(text).flatMap(({ Action }) => Action) as string[]
  const types = new Set(all.filter(({ custom, type }) => custom && !type.startsWith('pulumi:')).map(({ type }) => type))
  t.same([...types].filter(type => !(type in actionsOf)), [], 'each type has an entry')
  for (const type of types) t.same((actionsOf[type] ?? []).filter(action => !allowed.some(pattern => fits(pattern, action))), [], type)
  t.notOk(allowed.some(action => /^iam:.*(User|AccessKey|LoginProfile)|^iam:PutRolePolicy|:\*$/.test(action)))
}

const fits = (pattern: string, action: string): boolean => pattern === action || (pattern.endsWith('*') && action.startsWith(pattern.slice(0, -1)))

function permissions (t: Test, { named, of, stack, outputs }: Program): void {
  const statementsOf = (name: string): any[] => documentOf(named(`freight-ci-${name}`, 'aws:iam/policy:Policy').inputs.policy)
  const [boundary, preview, deploy] = [statementsOf('boundary'), statementsOf('preview'), statementsOf('deploy')]
  const boundaryArn = 'arn:aws:iam:eu-west-1:111111111111:Policy/freight-ci-boundary'
  for (const { inputs } of of('aws:iam/role:Role')) t.equal(inputs.permissionsBoundary, boundaryArn, 'bounded')
  t.equal(of('aws:iam/rolePolicyAttachment:RolePolicyAttachment').length, 2)
  for (const { inputs } of of('aws:iam/policy:Policy')) t.ok(inputs.policy.length < 6_144, 'IAM accepts no longer policy')

  const allowed = (statements: any[]): string[] => statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action)
  const changes = allowed(preview).filter(action => !/^[a-z0-9-]+:(Describe|Get|List|GET$|ViewBudget$)/.test(action))
  t.same(changes, ['kms:Decrypt'], 'the read-only role changes no resource')
  for (const statements of [deploy, boundary]) {
    t.ok(allowed(statements).some(pattern => fits(pattern, 'ecr:DescribeImageScanFindings')), 'the deployment reads the scan of its image')
  }
  t.notOk(allowed(deploy).includes('iam:*') || allowed(deploy).includes('*'))
  t.notOk([...allowed(deploy), ...allowed(boundary)].some(action => /^iam:.*(User|AccessKey|OpenID|CreatePolicy|SetDefaultPolicy|DeletePolicy|LoginProfile)/.test(action)), 'no user, no key, no policy, no trust of IAM')
  const roles = `arn:aws:iam::111111111111:role/${stack}-*`
  t.ok(deploy.filter(({ Action }) => Action.some((action: string) => /^iam:(?!Get|List|CreateServiceLinkedRole)/.test(action))).every(({ Resource }) => Resource.join() === roles))
  t.match(deploy.find(({ Action }) => Action.includes('iam:PassRole')), { Condition: { StringEquals: { 'iam:PassedToService': ['ecs', 'ecs-tasks', 'lambda', 'scheduler', 'vpc-flow-logs'].map(name => `${name}.amazonaws.com`) } } })
  const refused = boundary.filter(({ Effect }) => Effect === 'Deny')
  t.match(refused[0], { NotResource: [roles] })
  t.ok(['CreateRole', 'PutRolePolicy', 'UpdateAssumeRolePolicy', 'PassRole'].every(name => refused[0].Action.includes(`iam:${name}`)), 'no action of the role is outside the boundary')

  const services = outputs.permissionsBoundary
  t.equal(services, 'arn:aws:iam:eu-west-1:111111111111:Policy/freight-service-boundary')
  const is = { 'iam:PermissionsBoundary': services }
  for (const action of ['iam:CreateRole', 'iam:PutRolePolicy', 'iam:PutRolePermissionsBoundary']) {
    const given = deploy.filter(({ Action }) => Action.includes(action))
    t.same(given.map(({ Condition }) => Condition), [{ StringEquals: is }], `${action}: only with the service boundary`)
    t.ok(refused.some(({ Action, Resource, Condition }) => Action.includes(action) && Resource?.join() === '*' && isDeepStrictEqual(Condition, { StringNotEquals: is })),
      `${action}: denied, whatever the role is granted later`)
  }
  t.notOk([...allowed(deploy), ...allowed(boundary)].some(action => /^iam:(Attach|Detach|DeleteRolePermissionsBoundary)/.test(action)))
  t.match(refused.find(({ Action }) => Action.includes('iam:DeleteRolePermissionsBoundary')), { Resource: ['*'], Condition: undefined }, 'a boundary stays')
}
