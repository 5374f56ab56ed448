import { Type, type Static, type TProperties } from 'typebox'
import { firstMonthPattern } from '../lib/migrations/first-month.ts'

const Group = <T extends TProperties>(description: string, members: T) =>
  Type.Object(members, { description, additionalProperties: false, default: {} })
const Integer = (description: string, minimum: number, maximum: number, value?: number) =>
  Type.Integer({ description, minimum, maximum, ...(value === undefined ? {} : { default: value }) })
const Flag = (description: string, value: boolean) => Type.Boolean({ description, default: value })
const OneOf = <const T extends string>(description: string, words: T[], value?: T) =>
  Type.Enum(words, { description, ...(value === undefined ? {} : { default: value }) })
const Text = (description: string, pattern: string, value?: string) =>
  Type.String({ description, pattern, ...(value === undefined ? {} : { default: value }) })

const cidr = '^\\d{1,3}(\\.\\d{1,3}){3}/\\d{1,2}$'
const cpu = (value: number) => Type.Enum([256, 512, 1024, 2048, 4096], { description: 'CPU units of a task; 1024 are one vCPU', default: value })
const memory = (value: number) => Integer('memory of a task, in MiB; Fargate limits the values for each cpu', 512, 30_720, value)

const httpService = (pool: number) => ({
  cpu: cpu(512),
  memory: memory(1024),
  minTasks: Integer('fewest tasks', 1, 100, 2),
  maxTasks: Integer('most tasks', 1, 100, 6),
  poolSize: Integer('connections of a task to each database host', 2, 100, pool),
  requestsPerTask: Integer('requests a minute for each task; the target of scaling', 10, 1_000_000, 6_000),
  p99Ms: Integer('99th percentile of the response time, in milliseconds, above which a deployment is rolled back', 10, 60_000, 2_000),
})

/** Every key of a stack's configuration, with its default and effect. docs/aws.md shows the keys as a table. */
export const Schema = Type.Object({
  account: Text('AWS account of the stack; the program refuses every other account', '^\\d{12}$'),
  tier: OneOf('purpose of the stack; `staging` and `production` refuse unsafe settings', ['development', 'staging', 'production']),
  expires: Type.Optional(Text('day (YYYY-MM-DD) after which a short-lived copy may be removed, as the tag `Expires`', '^\\d{4}-\\d{2}-\\d{2}$')),
  architecture: OneOf('processor of the tasks; `arm64` costs a fifth less', ['arm64', 'x86_64'], 'arm64'),
  image: Type.Optional(Text('image that CI has pushed to ECR, by digest; without this key `pulumi up` builds an image',
    '^\\d{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com/[a-z0-9._/-]+@sha256:[0-9a-f]{64}$')),
  permissionsBoundary: Type.Optional(Text('ARN of the permissions boundary of each role; the role by which CI deploys creates no role without the boundary of the bootstrap',
    '^arn:aws:iam::\\d{12}:policy/[\\w+=,.@/-]+$')),
  allowedCidrs: Type.Array(Type.String({ pattern: cidr }), {
    description: 'addresses that may reach the rates API; required without a domain', default: [],
  }),
  domain: Type.Optional(Type.Object({
    name: Text('host name of the rates API; the ingestion API has the name `batches.` below this name', '^[a-z0-9-]+(\\.[a-z0-9-]+)+$'),
    zoneId: Type.Optional(Text('Route 53 zone in which the program creates the names and the certificate', '^Z[A-Z0-9]+$')),
    certificateArn: Type.Optional(Text('certificate for both names and for all names below `batches.`; the program then creates none', '^arn:aws:acm:')),
    edgeCertificateArn: Type.Optional(Text('certificate for `batches.` in us-east-1, beside `certificateArn`: CloudFront accepts certificates of no other region', '^arn:aws:acm:')),
  }, { description: 'names and certificate; without it there is no TLS', additionalProperties: false })),
  network: Group('the VPC', {
    cidr: Text('address range, a /16', '^\\d{1,3}\\.\\d{1,3}\\.0\\.0/16$', '10.0.0.0/16'),
    zones: Type.Array(Type.String({ pattern: '^[a-f]$' }), {
      description: 'letters of the availability zones', minItems: 2, maxItems: 3, uniqueItems: true, default: ['a', 'b', 'c'],
    }),
    egress: OneOf('how tasks reach AWS: one NAT gateway, one in each zone, or interface endpoints without access to the internet',
      ['nat', 'nat-per-zone', 'endpoints'], 'nat'),
    flowLogs: Flag('log the network flows of the VPC', false),
  }),
  firewall: Group('AWS WAF before the rates API', {
    enabled: Flag('on or off', false),
    requestsPerFiveMinutes: Integer('requests of one address outside the VPC in five minutes, over all paths; more are blocked', 100, 2_000_000, 10_000),
  }),
  gateway: Group('API Gateway before the ingestion API', {
    entry: OneOf('what the ingestion API\'s name points to: `direct` to the gateway, whose throttle all callers share; `edge` to CloudFront, which limits each ' +
      'address separately, and the gateway accepts requests from CloudFront only; `moving` to CloudFront, while the gateway still accepts requests to its old name', ['direct', 'moving', 'edge'], 'direct'),
    requestsPerAddressPerMinute: Integer('requests of one address in a minute, at CloudFront; more get 429', 10, 1_000_000, 6_000),
    requestsPerSecond: Integer('requests a second, of all providers; more get 429', 1, 10_000, 100),
    burst: Integer('requests at once', 1, 5_000, 200),
    originKeyVersion: Integer('a higher number gives CloudFront and the gateway a new key', 1, 1_000_000, 1),
  }),
  database: Group('PostgreSQL', {
    engine: OneOf('RDS PostgreSQL or Aurora PostgreSQL; chosen when a stack is created; a later change is refused', ['postgres', 'aurora'], 'postgres'),
    engineVersion: Type.Optional(Text('major version, or major and minor; without it a new stack gets `18`, and an existing database keeps its version', '^\\d+(\\.\\d+)?$')),
    instanceClass: Text('of the primary and of each replica; `db.serverless` with Aurora', '^db\\.(serverless|(t4g|m6g|m7g|m8g|r6g|r7g|r8g)\\.[0-9a-z]+)$', 'db.t4g.medium'),
    storageGb: Integer('initial storage, in GiB (RDS)', 20, 65_536, 50),
    maxStorageGb: Integer('maximum storage of automatic growth, in GiB (RDS)', 20, 65_536, 1_000),
    multiAz: Flag('a standby in another zone', true),
    replicas: Integer('read replicas (RDS) or initial readers (Aurora)', 0, 5, 0),
    maxReaders: Integer('maximum of readers that autoscaling creates (Aurora)', 0, 15, 4),
    minAcu: Type.Number({ description: 'minimum capacity of `db.serverless`, in ACU of 2 GiB', minimum: 0.5, maximum: 256, default: 0.5 }),
    maxAcu: Type.Number({ description: 'maximum capacity of `db.serverless`, in ACU of 2 GiB', minimum: 1, maximum: 256, default: 8 }),
    backupDays: Integer('days of point-in-time recovery', 1, 35, 14),
    deletionProtection: Flag('AWS and Pulumi refuse to delete database, bucket and keys', true),
    slowMs: Integer('statements that take longer are logged, in milliseconds', 10, 3_600_000, 1_000),
    masterPasswordVersion: Integer('a higher number gives the master user a new password', 1, 1_000_000, 1),
  }),
  rates: Group('the rates API', {
    ...httpService(10),
    keysRequired: Flag('`/rates` and `/locations` require an API key', false),
    perClientPerMinute: Integer('requests of one address in a minute to one task; more get 429; 0 is no limit', 0, 10_000_000, 3_000),
    asOfMaxPrices: Integer('prices that a response with `as_of` may be computed from; one more is refused', 1, 50_000_000, 5_000_000),
  }),
  ingestion: Group('the ingestion API', {
    ...httpService(4),
    readsPerMinute: Integer('GET requests about batches of one provider in a minute, to one task; more get 429', 1, 1_000_000, 6_000),
    batchesUnfinishedMax: Integer('maximum of queued and processing batches of one provider; above it a new batch gets 429; an alarm fires at four fifths', 1, 20_000, 5_000),
  }),
  worker: Group('the ingestion worker', {
    cpu: cpu(1024),
    memory: memory(2048),
    minTasks: Integer('fewest tasks', 1, 100, 2),
    maxTasks: Integer('most tasks', 1, 100, 8),
    concurrency: Integer('batches that one task applies at once', 1, 16, 2),
    priceMaxUsd: Integer('highest price, in USD; a row with a higher one is refused', 1, 20_000_000, 1_000_000),
    outlierProviders: Text('providers whose batches are held if their prices differ too much from those of the 30 days before, separated by commas; * is all', '^(\\*|[a-z0-9][a-z0-9-]{0,62}(,[a-z0-9][a-z0-9-]{0,62})*)?$', ''),
    outlierFactor: Integer('factor, above or below, beyond which the mean of a lane and day differs too much', 2, 1_000, 3),
    outlierPercent: Integer('percentage of the compared rows above which the batch is held', 0, 99, 10),
    acceptableLatencySeconds: Integer('time that a batch may wait, in seconds; the target of scaling', 10, 86_400, 120),
    secondsPerBatch: Integer('time to apply a usual batch, in seconds', 1, 3_600, 5),
  }),
  prices: Group('months for which prices are accepted; each is a partition', {
    firstMonth: Text('first month (YYYY-MM-01), not after the current one; existing months stay', firstMonthPattern, '2015-01-01'),
    monthsAhead: Integer('months after the current one, created at each deployment and on the first day of each month; the alarm `months-left` fires below three', 4, 120, 24),
  }),
  corrections: Group('withdrawals', {
    keepDays: Integer('days for which the prices of a withdrawn batch are kept, and for which `as_of` goes back', 1, 36_500, 400),
  }),
  deployment: Group('how a new version of an API takes over', {
    strategy: OneOf('all at once, in equal steps, or a few first', ['BLUE_GREEN', 'LINEAR', 'CANARY'], 'BLUE_GREEN'),
    bakeMinutes: Integer('how long the old version stays ready after the shift, in minutes', 0, 1_440, 5),
    stepPercent: Integer('traffic of one step (LINEAR) or of the canary (CANARY), in percent', 3, 100, 20),
    stepMinutes: Integer('time between steps, in minutes', 0, 1_440, 2),
    approval: Flag('a person approves the traffic shift after the smoke check', false),
    approvalMinutes: Integer('time to wait for the approval, in minutes; then the deployment is rolled back', 1, 1_440, 60),
  }),
  payloads: Group('the bucket', {
    keepDays: Integer('days after which payloads, reports and effects expire; longer than the 14 days of the queue', 15, 3_650, 90),
  }),
  logs: Group('logs', {
    retentionDays: Type.Enum([1, 3, 7, 14, 30, 60, 90, 180, 365, 400, 731], { description: 'retention of the log groups, in days', default: 30 }),
    level: OneOf('of the processes', ['error', 'warn', 'info', 'debug'], 'info'),
  }),
  alarms: Group('alarms', {
    email: Type.Optional(Text('e-mail address that gets the alarms; the address has to confirm the subscription', '^[^@\\s]+@[^@\\s]+$')),
  }),
  budget: Group('AWS Budgets', {
    monthlyUsd: Integer('monthly cost limit of the stack, in USD; AWS Budgets sends a message at 80 % and at a forecast of 100 %', 1, 1_000_000, 500),
  }),
}, { additionalProperties: false })

export type Settings = Static<typeof Schema>

export type Config = Settings & {
  /** Name of the stack, in resources, tags and logs. */
  stack: string
  region: string
}
