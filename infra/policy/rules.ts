/** A resource as the program declares it. */
export interface DeclaredResource {
  name: string
  /** The stack's `freight-rates:tier`; undefined if its configuration has none. */
  tier: string | undefined
  inputs: Record<string, any>
  protect: boolean
}

export interface Rule {
  name: string
  description: string
  types: string[]
  /** Set if `problem` reads a value that a preview may not know yet, because the update creates it. */
  readsLate?: true
  /** Returns the problem in one sentence; undefined if there is none. */
  problem: (resource: DeclaredResource) => string | undefined
}

const unless = (fine: unknown, problem: string): string | undefined => fine ? undefined : problem
/** Whether an input has a value, known or not. The engine refuses to read a value that the update has yet to create. */
const isGiven = (inputs: DeclaredResource['inputs'], key: string): boolean => Boolean(Object.getOwnPropertyDescriptor(inputs, key)?.value)
/** Whether the stack has data that somebody needs. Every tier but `development` has, whatever the name of the stack. */
const isPermanent = ({ tier }: DeclaredResource): boolean => tier !== 'development'
const containersOf = ({ containerDefinitions }: DeclaredResource['inputs']): any[] => JSON.parse(containerDefinitions ?? '[]')

/** Rules for every resource, whoever changes the program. The policy pack checks real runs, `npm test` the declared resources. */
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
    description: 'A bucket blocks all public access',
    types: ['aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock'],
    problem: ({ inputs: { blockPublicAcls, blockPublicPolicy, ignorePublicAcls, restrictPublicBuckets } }) =>
      unless(blockPublicAcls && blockPublicPolicy && ignorePublicAcls && restrictPublicBuckets, 'one of the four blocks is off'),
  },
  {
    name: 'data-is-protected',
    description: 'Database and secrets of a permanent stack cannot be deleted by accident',
    types: ['aws:rds/instance:Instance', 'aws:rds/cluster:Cluster', 'aws:secretsmanager/secret:Secret'],
    problem: resource => unless(!isPermanent(resource) || resource.protect || isGiven(resource.inputs, 'replicateSourceDb') ||
      (isGiven(resource.inputs, 'clusterIdentifier') && !isGiven(resource.inputs, 'engine')), 'protect is off'),
  },
  {
    name: 'logs-have-retention',
    description: 'A log group has a retention: without one AWS keeps and bills the log forever',
    types: ['aws:cloudwatch/logGroup:LogGroup'],
    problem: ({ inputs: { retentionInDays } }) => unless(retentionInDays > 0, 'retentionInDays is not set'),
  },
  {
    name: 'ingress-is-by-group',
    description: 'Ingress is allowed by security group; only the ports of the public balancer are open to addresses',
    types: ['aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule'],
    problem: ({ inputs }) => unless(isGiven(inputs, 'referencedSecurityGroupId') ||
      (inputs.fromPort === inputs.toPort && [80, 443].includes(inputs.fromPort)), 'it opens a port to addresses'),
  },
  {
    name: 'groups-have-no-rules-of-their-own',
    description: 'Rules are separate resources, which the rule above checks',
    types: ['aws:ec2/securityGroup:SecurityGroup'],
    problem: ({ inputs: { ingress, egress } }) => unless(!ingress?.length && !egress?.length, 'it has inline rules'),
  },
  {
    name: 'images-are-pinned',
    description: 'A task names its image by digest, so that the tested image runs',
    types: ['aws:ecs/taskDefinition:TaskDefinition'],
    readsLate: true,
    problem: ({ inputs }) => unless(containersOf(inputs).every(({ image }) => /@sha256:[0-9a-f]{64}$/.test(image)), 'an image is named by a tag'),
  },
  {
    name: 'tasks-cannot-write',
    description: 'A container has a read-only root file system, and does not run as root',
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
    description: 'A firewall counts requests by address, not by path: the router accepts many spellings of one path',
    types: ['aws:wafv2/webAcl:WebAcl'],
    problem: ({ inputs: { rules = [] } }) => {
      const counted = rules.flatMap(({ statement }: { statement?: Record<string, unknown> }) => statement?.rateBasedStatement ?? [])
      return unless(counted.length > 0, 'it counts nothing') ??
        unless(!namesBelow(counted).some(name => ['uriPath', 'uriFragment'].includes(name)), 'a limit has a condition on the path')
    },
  },
  {
    name: 'gateways-are-closed',
    description: 'The gateway of a permanent stack does not accept requests to its default AWS address',
    types: ['aws:apigatewayv2/api:Api'],
    problem: resource => unless(!isPermanent(resource) || resource.inputs.disableExecuteApiEndpoint === true, 'disableExecuteApiEndpoint is off'),
  },
  {
    name: 'edges-are-guarded',
    description: 'A distribution has a firewall, accepts HTTPS only, has no IPv6 (the firewall counts addresses), and caches no response, errors included',
    types: ['aws:cloudfront/distribution:Distribution'],
    problem: ({ inputs }) =>
      unless(isGiven(inputs, 'webAclId'), 'webAclId is not set') ??
      unless(inputs.defaultCacheBehavior?.viewerProtocolPolicy === 'https-only' && /^TLSv1\.[23]/.test(inputs.viewerCertificate?.minimumProtocolVersion),
        'it accepts plain HTTP or a version below TLS 1.2') ??
      unless(!inputs.isIpv6Enabled, 'isIpv6Enabled is on: a client has 2^64 addresses') ??
      unless([404, 500, 502, 503, 504].every(status => (inputs.customErrorResponses ?? []).some((response: Record<string, unknown>) =>
        response.errorCode === status && response.errorCachingMinTtl === 0)), 'it caches error responses for ten seconds'),
  },
]

/** Returns the names of all members of `value`, at any depth. Skips values that are not known yet. */
function namesBelow (value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(Object.getOwnPropertyDescriptors(value)).flatMap(([name, { value: member }]) => [name, ...namesBelow(member)])
}

/** Whether a variable has the name of a secret, or holds a URL with a password. The name or ARN of a secret is not a secret. */
const isSecret = ({ name, value }: { name: string, value: string }): boolean =>
  /password|token|private_key/i.test(name) || (/secret/i.test(name) && !value.startsWith('arn:')) || /:\/\/[^/@:]+:[^/@]+@/.test(value)
