/** A resource as it is asked for. */
export interface DeclaredResource {
  name: string
  /** The stack's `freight-rates:tier`; undefined where its configuration has none. */
  tier: string | undefined
  inputs: Record<string, any>
  protect: boolean
}

export interface Rule {
  name: string
  description: string
  types: string[]
  /** Set where `problem` reads a value that a preview may not know yet, because the update makes it. */
  readsLate?: true
  /** What is wrong, in one sentence; undefined where nothing is. */
  problem: (resource: DeclaredResource) => string | undefined
}

const unless = (fine: unknown, problem: string): string | undefined => fine ? undefined : problem
/** Whether an input has a value, known or not: the engine refuses to read a value that the update is still to make. */
const isGiven = (inputs: DeclaredResource['inputs'], key: string): boolean => Boolean(Object.getOwnPropertyDescriptor(inputs, key)?.value)
/** Whether the stack keeps data that somebody needs. Only a stack that says `development` does not, whatever its name is. */
const isToStay = ({ tier }: DeclaredResource): boolean => tier !== 'development'
const containersOf = ({ containerDefinitions }: DeclaredResource['inputs']): any[] => JSON.parse(containerDefinitions ?? '[]')

/** What must hold for every resource, whoever changes the program: the policy pack asks in a real run, `npm test` without one. */
export const rules: Rule[] = [
  {
    name: 'queues-are-encrypted',
    description: 'A queue is encrypted at rest',
    types: ['aws:sqs/queue:Queue'],
    problem: ({ inputs }) => unless(inputs.sqsManagedSseEnabled || isGiven(inputs, 'kmsMasterKeyId'), 'sqsManagedSseEnabled is off'),
  },
  {
    name: 'databases-are-encrypted',
    description: 'A database is encrypted at rest and has no public address',
    types: ['aws:rds/instance:Instance', 'aws:rds/cluster:Cluster'],
    problem: ({ inputs }) => unless(!inputs.publiclyAccessible, 'publiclyAccessible is on') ??
      unless(inputs.storageEncrypted || isGiven(inputs, 'replicateSourceDb'), 'storageEncrypted is off'),
  },
  {
    name: 'buckets-are-closed',
    description: 'No setting of a bucket lets the public in',
    types: ['aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock'],
    problem: ({ inputs: { blockPublicAcls, blockPublicPolicy, ignorePublicAcls, restrictPublicBuckets } }) =>
      unless(blockPublicAcls && blockPublicPolicy && ignorePublicAcls && restrictPublicBuckets, 'one of the four blocks is off'),
  },
  {
    name: 'data-is-protected',
    description: 'Database and keys of a stack that is here to stay cannot be deleted by accident',
    types: ['aws:rds/instance:Instance', 'aws:rds/cluster:Cluster', 'aws:secretsmanager/secret:Secret'],
    problem: asked => unless(!isToStay(asked) || asked.protect || isGiven(asked.inputs, 'replicateSourceDb') ||
      (isGiven(asked.inputs, 'clusterIdentifier') && !isGiven(asked.inputs, 'engine')), 'protect is off'),
  },
  {
    name: 'logs-have-retention',
    description: 'A log group has a retention: without one AWS keeps and bills the log for ever',
    types: ['aws:cloudwatch/logGroup:LogGroup'],
    problem: ({ inputs: { retentionInDays } }) => unless(retentionInDays > 0, 'retentionInDays is not set'),
  },
  {
    name: 'ingress-is-by-group',
    description: 'Who may come in is a security group; addresses may come to the public balancer alone, by its ports',
    types: ['aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule'],
    problem: ({ inputs }) => unless(isGiven(inputs, 'referencedSecurityGroupId') ||
      (inputs.fromPort === inputs.toPort && [80, 443].includes(inputs.fromPort)), 'it opens a port to addresses'),
  },
  {
    name: 'groups-have-no-rules-of-their-own',
    description: 'Rules are resources, which the rule above sees',
    types: ['aws:ec2/securityGroup:SecurityGroup'],
    problem: ({ inputs: { ingress, egress } }) => unless(!ingress?.length && !egress?.length, 'it has rules inside'),
  },
  {
    name: 'images-are-pinned',
    description: 'A task names its image by digest, so that what was tested is what runs',
    types: ['aws:ecs/taskDefinition:TaskDefinition'],
    readsLate: true,
    problem: ({ inputs }) => unless(containersOf(inputs).every(({ image }) => /@sha256:[0-9a-f]{64}$/.test(image)), 'an image is named by a tag'),
  },
  {
    name: 'tasks-cannot-write',
    description: 'A container has a root file system that it cannot write, and no user of root',
    types: ['aws:ecs/taskDefinition:TaskDefinition'],
    readsLate: true,
    problem: ({ inputs }) => unless(containersOf(inputs).every(({ readonlyRootFilesystem, privileged, user }) =>
      readonlyRootFilesystem === true && !privileged && user !== 'root' && user !== '0'), 'a container may write or is privileged'),
  },
  {
    name: 'secrets-are-not-environment',
    description: 'A secret comes from Secrets Manager, not as a variable, which everyone with access to the task definition can read',
    types: ['aws:ecs/taskDefinition:TaskDefinition'],
    readsLate: true,
    problem: ({ inputs }) => unless(!containersOf(inputs).some(({ environment = [] }) => environment.some(isSecret)), 'a variable looks like a secret'),
  },
  {
    name: 'rate-limits-ignore-paths',
    description: 'A firewall counts requests by where they come from: a path can be spelled in many ways, and the router reads them all',
    types: ['aws:wafv2/webAcl:WebAcl'],
    problem: ({ inputs: { rules = [] } }) => {
      const counted = rules.flatMap(({ statement }: { statement?: Record<string, unknown> }) => statement?.rateBasedStatement ?? [])
      return unless(counted.length > 0, 'it counts nothing') ??
        unless(!namesBelow(counted).some(name => ['uriPath', 'uriFragment'].includes(name)), 'a limit has a condition on the path')
    },
  },
  {
    name: 'gateways-are-closed',
    description: 'The gateway of a stack that is here to stay does not accept requests to the address that AWS gives it',
    types: ['aws:apigatewayv2/api:Api'],
    problem: asked => unless(!isToStay(asked) || asked.inputs.disableExecuteApiEndpoint === true, 'disableExecuteApiEndpoint is off'),
  },
  {
    name: 'edges-are-guarded',
    description: 'A distribution has a firewall, takes HTTPS alone, over addresses that the firewall can count, and caches no response, errors included',
    types: ['aws:cloudfront/distribution:Distribution'],
    problem: ({ inputs }) =>
      unless(isGiven(inputs, 'webAclId'), 'webAclId is not set') ??
      unless(inputs.defaultCacheBehavior?.viewerProtocolPolicy === 'https-only' && /^TLSv1\.[23]/.test(inputs.viewerCertificate?.minimumProtocolVersion),
        'it takes more than HTTPS by TLS 1.2') ??
      unless(!inputs.isIpv6Enabled, 'isIpv6Enabled is on: a client has 2^64 addresses') ??
      unless([404, 500, 502, 503, 504].every(status => (inputs.customErrorResponses ?? []).some((one: Record<string, unknown>) =>
        one.errorCode === status && one.errorCachingMinTtl === 0)), 'it caches error responses for ten seconds'),
  },
]

/** The names of all members of `value`, at any depth. Values that are not known yet are not read. */
function namesBelow (value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(Object.getOwnPropertyDescriptors(value)).flatMap(([name, { value: member }]) => [name, ...namesBelow(member)])
}

/** A variable that is named like a password, or holds an address with one. The name or ARN of a secret is none. */
const isSecret = ({ name, value }: { name: string, value: string }): boolean =>
  /password|token|private_key/i.test(name) || (/secret/i.test(name) && !value.startsWith('arn:')) || /:\/\/[^/@:]+:[^/@]+@/.test(value)
