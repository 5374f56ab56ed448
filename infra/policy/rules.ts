/** A resource as it is asked for. */
export interface Asked {
  name: string
  stack: string
  inputs: Record<string, any>
  protect: boolean
}

export interface Rule {
  name: string
  description: string
  types: string[]
  /** What is wrong, in one sentence; undefined where nothing is. */
  problem: (resource: Asked) => string | undefined
}

const unless = (fine: unknown, problem: string): string | undefined => fine ? undefined : problem
const containersOf = ({ containerDefinitions }: Asked['inputs']): any[] => JSON.parse(containerDefinitions ?? '[]')

/** What must hold for every resource, whoever changes the program: the policy pack asks in a real run, `npm test` without one. */
export const rules: Rule[] = [
  {
    name: 'queues-are-encrypted',
    description: 'A queue is encrypted at rest',
    types: ['aws:sqs/queue:Queue'],
    problem: ({ inputs: { sqsManagedSseEnabled, kmsMasterKeyId } }) => unless(sqsManagedSseEnabled || kmsMasterKeyId, 'sqsManagedSseEnabled is off'),
  },
  {
    name: 'databases-are-encrypted',
    description: 'A database is encrypted at rest and has no public address',
    types: ['aws:rds/instance:Instance', 'aws:rds/cluster:Cluster'],
    problem: ({ inputs: { storageEncrypted, publiclyAccessible, replicateSourceDb } }) =>
      unless(!publiclyAccessible, 'publiclyAccessible is on') ?? unless(storageEncrypted || replicateSourceDb, 'storageEncrypted is off'),
  },
  {
    name: 'buckets-are-closed',
    description: 'No setting of a bucket lets the public in',
    types: ['aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock'],
    problem: ({ inputs: { blockPublicAcls, blockPublicPolicy, ignorePublicAcls, restrictPublicBuckets } }) =>
      unless(blockPublicAcls && blockPublicPolicy && ignorePublicAcls && restrictPublicBuckets, 'one of the four blocks is off'),
  },
  {
    name: 'data-stays',
    description: 'Database and keys of a stack that is here to stay cannot be deleted by accident',
    types: ['aws:rds/instance:Instance', 'aws:rds/cluster:Cluster', 'aws:secretsmanager/secret:Secret'],
    problem: ({ stack, protect, inputs: { replicateSourceDb, clusterIdentifier, engine } }) =>
      unless(!['staging', 'prod'].includes(stack) || protect || replicateSourceDb || (clusterIdentifier && engine === undefined), 'protect is off'),
  },
  {
    name: 'logs-end',
    description: 'A log group has a retention: what is kept for ever is paid for ever',
    types: ['aws:cloudwatch/logGroup:LogGroup'],
    problem: ({ inputs: { retentionInDays } }) => unless(retentionInDays > 0, 'retentionInDays is not set'),
  },
  {
    name: 'groups-name-each-other',
    description: 'Who may come in is a security group; addresses may come to the public balancer alone, by its ports',
    types: ['aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule'],
    problem: ({ inputs: { referencedSecurityGroupId, fromPort, toPort } }) =>
      unless(referencedSecurityGroupId || (fromPort === toPort && [80, 443].includes(fromPort)), 'it opens a port to addresses'),
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
    problem: ({ inputs }) => unless(containersOf(inputs).every(({ image }) => /@sha256:[0-9a-f]{64}$/.test(image)), 'an image is named by a tag'),
  },
  {
    name: 'tasks-cannot-write',
    description: 'A container has a root file system that it cannot write, and no user of root',
    types: ['aws:ecs/taskDefinition:TaskDefinition'],
    problem: ({ inputs }) => unless(containersOf(inputs).every(({ readonlyRootFilesystem, privileged, user }) =>
      readonlyRootFilesystem === true && !privileged && user !== 'root' && user !== '0'), 'a container may write or is privileged'),
  },
  {
    name: 'secrets-are-not-environment',
    description: 'A secret comes from Secrets Manager, not as a variable that everyone can read who may see the task',
    types: ['aws:ecs/taskDefinition:TaskDefinition'],
    problem: ({ inputs }) => unless(!containersOf(inputs).some(({ environment = [] }) => environment.some(isSecret)), 'a variable looks like a secret'),
  },
  {
    name: 'limits-know-no-path',
    description: 'A firewall counts requests by where they come from: a path can be spelled in many ways, and the router reads them all',
    types: ['aws:wafv2/webAcl:WebAcl'],
    problem: ({ inputs: { rules = [] } }) => {
      const counted = rules.flatMap(({ statement }: { statement?: Record<string, unknown> }) => statement?.rateBasedStatement ?? [])
      return unless(counted.length > 0, 'it counts nothing') ?? unless(!/uriPath|uriFragment/.test(JSON.stringify(counted)), 'a limit has a condition on the path')
    },
  },
  {
    name: 'gateways-are-closed',
    description: 'The gateway of a stack that is here to stay does not answer to the address that AWS gives it',
    types: ['aws:apigatewayv2/api:Api'],
    problem: ({ stack, inputs: { disableExecuteApiEndpoint } }) => unless(!['staging', 'prod'].includes(stack) || disableExecuteApiEndpoint === true, 'disableExecuteApiEndpoint is off'),
  },
  {
    name: 'edges-are-guarded',
    description: 'A distribution has a firewall, takes HTTPS alone, over addresses that the firewall can count, and keeps no answer, errors included',
    types: ['aws:cloudfront/distribution:Distribution'],
    problem: ({ inputs: { webAclId, isIpv6Enabled, defaultCacheBehavior, viewerCertificate, customErrorResponses = [] } }) =>
      unless(webAclId, 'webAclId is not set') ??
      unless(defaultCacheBehavior?.viewerProtocolPolicy === 'https-only' && /^TLSv1\.[23]/.test(viewerCertificate?.minimumProtocolVersion), 'it takes more than HTTPS by TLS 1.2') ??
      unless(!isIpv6Enabled, 'isIpv6Enabled is on: a client has 2^64 addresses') ??
      unless([404, 500, 502, 503, 504].every(status => customErrorResponses.some((one: Record<string, unknown>) =>
        one.errorCode === status && one.errorCachingMinTtl === 0)), 'it keeps errors for ten seconds, for whoever comes next'),
  },
]

/** A variable that is named like a password, or holds an address with one. The name or ARN of a secret is none. */
const isSecret = ({ name, value }: { name: string, value: string }): boolean =>
  /password|token|private_key/i.test(name) || (/secret/i.test(name) && !value.startsWith('arn:')) || /:\/\/[^/@:]+:[^/@]+@/.test(value)
