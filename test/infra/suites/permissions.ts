import type { Test } from 'tap'
import type { Program } from '../program.ts'

/** Wildcards that AWS requires, as actions and the resource as it is written. A new one needs a reason here. */
const accepted = [
  'ecr:GetAuthorizationToken on *', // an ECR login has no repository
  'elasticloadbalancing:DescribeTargetGroups,elasticloadbalancing:DescribeTargetHealth,elasticloadbalancing:DescribeListeners,elasticloadbalancing:DescribeRules on *', // read-only
  'ec2:CreateNetworkInterface,ec2:DescribeNetworkInterfaces,ec2:DescribeSubnets,ec2:DeleteNetworkInterface,ec2:AssignPrivateIpAddresses,ec2:UnassignPrivateIpAddresses on *', // a Lambda in a VPC
]
/** Below one log group, one folder of a bucket, one cluster's tasks, one family's revisions: the parent is named, so these wildcards are narrow. */
const narrow = [/^arn:aws:cloudwatch:[^*]+LogGroup\/[^*]+:\*$/, /^arn:aws:s3:[^*]+\/(incoming|pending|batches|uploads|reports|effects|decisions|purges|releases|operators|profiles|profile-versions)\/\*$/, /^arn:aws:ecs:[^*]+:(task\/[^*]+\/|task-definition\/[^*]+:)\*$/]

/** Checks what each role may do, and that no role has more than the list. */
export function permissions (t: Test, { of, named, stack }: Program): void {
  const statements = of('aws:iam/rolePolicy:RolePolicy').flatMap(({ name, inputs }) =>
    JSON.parse(inputs.policy).Statement.map((statement: any) => ({ name, ...statement })))
  t.ok(statements.length > 20)
  for (const { name, Effect, Action, Resource } of statements) {
    t.equal(Effect, 'Allow')
    t.ok(Array.isArray(Action) && Array.isArray(Resource) && Resource.length > 0, `${name}: lists`)
    t.notOk(Action.some((action: string) => action.includes('*')), `${name}: ${Action} are actions`)
    for (const resource of Resource.filter((text: string) => text.includes('*') && !narrow.some(pattern => pattern.test(text)))) {
      t.ok(accepted.includes(`${Action} on ${resource}`), `${name}: ${Action} on ${resource} is accepted`)
    }
  }
  t.equal(of('aws:iam/rolePolicyAttachment:RolePolicyAttachment').length, 0, 'no managed policy of AWS, which changes by itself')
  for (const { name, inputs } of of('aws:iam/role:Role')) {
    const [trust] = JSON.parse(inputs.assumeRolePolicy).Statement
    t.match(trust.Principal.Service, /^(ecs-tasks|ecs|lambda|scheduler|vpc-flow-logs)\.amazonaws\.com$/, name)
    if (/^(ecs-tasks|scheduler)\./.test(trust.Principal.Service)) t.ok(trust.Condition.StringEquals['aws:SourceAccount'], `${name}: for this account`)
  }

  const may = (role: string): string[] => statements.filter(({ name }) => name === `${stack}-${role}`).flatMap(({ Action }) => Action)
  const services = (role: string): string[] => [...new Set(may(role).map(action => action.split(':')[0]!))].sort()
  const keys = JSON.parse(named(`${stack}-rates`, 'aws:ecs/taskDefinition:TaskDefinition').inputs.containerDefinitions)[0]
    .environment.some(({ name }: { name: string }) => name === 'API_KEYS_SECRET')
  t.same(services('rates-task'), keys ? ['rds-db', 'secretsmanager'] : ['rds-db'], 'the rates API reads the database, and keys where it requires them')
  t.same(services('ingestion-task'), ['rds-db', 's3', 'secretsmanager', 'sqs'])
  t.same(services('worker-task'), ['ecs', 'rds-db', 's3', 'sqs'])
  t.same(services('migrate-task'), ['rds-db'])
  t.same(services('ops-task'), ['rds-db', 's3', 'sqs'])
  for (const [role, login] of Object.entries({ 'rates-task': 'rates_api', 'ingestion-task': 'ingestion_api', 'worker-task': 'ingestion_worker', 'migrate-task': 'migrator', 'ops-task': 'ops' })) {
    const users = statements.filter(({ name, Action }) => name === `${stack}-${role}` && Action.includes('rds-db:connect')).flatMap(({ Resource }) => Resource)
    t.ok(users.length > 0 && users.every((arn: string) => arn.endsWith(`/${login}`)), `${role} logs in as ${login} alone`)
  }
  t.notOk(may('ingestion-task').includes('sqs:ReceiveMessage'), 'a sender does not receive')
  t.ok(may('ingestion-task').includes('s3:ListBucket') && may('worker-task').includes('s3:ListBucket'), 'a missing object is a 404')
  const puts = statements.filter(({ name, Action }) => name === `${stack}-worker-task` && Action.includes('s3:PutObject')).flatMap(({ Resource }) => Resource)
  t.same(puts.map(arn => arn.split('/').at(-2)), ['batches', 'reports', 'effects', 'decisions'], 'the worker writes withdrawals, reports, effects and decisions')
  const byOps = statements.filter(({ name, Action }) => name === `${stack}-ops-task` && Action.some((action: string) => action.startsWith('s3:')))
    .map(({ Action, Resource }) => `${Action.map((action: string) => action.slice(3)).join(' ')}: ${Resource.map((arn: string) => arn.split('/').slice(-2).join('/')).join(' ')}`)
  t.match(byOps, [/^ListBucket: /, 'GetObject: operators/* reports/*', 'PutObject GetObject: batches/*', 'PutObject GetObject DeleteObject: pending/*', 'PutObject GetObject: decisions/* purges/* releases/*',
    'GetObject GetObjectVersion: incoming/*', 'PutObject GetObject DeleteObject: profiles/*', 'PutObject GetObject: profile-versions/*', /^ListBucketVersions: /, 'DeleteObject DeleteObjectVersion: incoming/* reports/* effects/* decisions/*'],
  'operators write decisions, withdrawals and profiles, and delete what a purge removes')
  t.equal(byOps.length, 10)
  const byApi = statements.filter(({ name, Resource }) => name === `${stack}-ingestion-task` && Resource.some((arn: string) => arn.includes('/profile'))).flatMap(({ Action, Resource }) => `${Action} ${Resource[0].split('/').at(-2)}`)
  t.same(byApi, ['s3:PutObject,s3:GetObject,s3:DeleteObject profiles', 's3:PutObject,s3:GetObject profile-versions'], 'no version of a profile is deleted')

  const secretsOf = (role: string): string[] => statements.filter(({ name, Action }) => name === `${stack}-${role}` && Action.includes('secretsmanager:GetSecretValue')).flatMap(({ Resource }) => Resource)
  t.same(secretsOf('migrate-start').map(arn => arn.split('/').at(-1)), [`${stack}-database-master-url`], 'only the migrator reads the master\'s URL')
  for (const role of ['rates-start', 'ingestion-start', 'worker-start', 'ops-start']) t.same(secretsOf(role), [], `${role} reads no secret`)
}
