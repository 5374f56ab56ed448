import type { Test } from 'tap'
import { isSecret, open, type Program } from '../program.ts'

/** Checks what stores data: database, queue, bucket, keys. */
export function data (t: Test, program: Program): void {
  const { of, named, stack } = program
  const safe = stack !== 'dev'

  // The queue of the schedule is not a queue of batches: EventBridge Scheduler does not support FIFO queues.
  for (const { name, inputs } of of('aws:sqs/queue:Queue').filter(({ name }) => name !== `${stack}-months-dead`)) {
    t.match(inputs, {
      fifoQueue: true, sqsManagedSseEnabled: true, deduplicationScope: 'messageGroup', fifoThroughputLimit: 'perMessageGroupId', messageRetentionSeconds: 1_209_600,
    }, name)
  }
  t.same(JSON.parse(named(`${stack}-batches`, 'aws:sqs/redrivePolicy:RedrivePolicy').inputs.redrivePolicy).maxReceiveCount, 10)
  const buckets = of('aws:s3/bucket:Bucket').filter(({ name }) => name !== `${stack}-code`) // that bucket holds a few lines of this repository
  const policies = [...of('aws:sqs/queuePolicy:QueuePolicy'), ...of('aws:s3/bucketPolicy:BucketPolicy')]
  t.equal(policies.length, of('aws:sqs/queue:Queue').length + buckets.length)
  for (const { name, inputs } of policies) {
    const { Version, Statement } = JSON.parse(inputs.policy)
    t.equal(Version, '2012-10-17')
    t.match(Statement, [{ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }], `${name}: TLS only`)
  }

  t.equal(of('aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock').length, buckets.length + 1, 'every bucket is closed')
  for (const kind of ['bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration', 'bucketLifecycleConfiguration:BucketLifecycleConfiguration']) {
    t.equal(of(`aws:s3/${kind}`).length, buckets.length, `${kind} for every bucket that stores data`)
  }
  const rules: any[] = named(`${stack}-payloads`, 'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration').inputs.rules
  const expired = rules.filter(rule => rule.expiration ?? rule.noncurrentVersionExpiration).map(rule => rule.filter.prefix)
  t.same(expired.sort(), ['effects/', 'incoming/', 'operators/', 'pending/', 'reports/', 'uploads/'], 'manifests, decisions and profiles never expire')

  const days = rules.filter(rule => rule.filter.prefix === 'incoming/').map(rule => String(rule.expiration.days))
  for (const task of ['ingestion', 'worker', 'ops']) {
    const [{ environment }] = JSON.parse(open(named(`${stack}-${task}`, 'aws:ecs/taskDefinition:TaskDefinition').inputs.containerDefinitions))
    t.same(environment.filter((one: { name: string }) => one.name === 'PAYLOAD_KEEP_DAYS').map((one: { value: string }) => one.value), days, `${task} knows when payloads are deleted`)
  }

  const primary = [...of('aws:rds/instance:Instance').filter(one => one.inputs.engine), ...of('aws:rds/cluster:Cluster')]
  t.equal(primary.length, 1)
  const { inputs, protect } = primary[0]!
  t.match(inputs, { storageEncrypted: true, iamDatabaseAuthenticationEnabled: true, copyTagsToSnapshot: true })
  t.match(inputs, { deletionProtection: safe, skipFinalSnapshot: !safe })
  t.ok(isSecret(inputs.password ?? inputs.masterPassword), 'the password is a secret')
  t.notOk(inputs.manageMasterUserPassword, 'the setting would exclude replicas')
  for (const { inputs } of of('aws:rds/instance:Instance')) t.match(inputs, { publiclyAccessible: false, storageType: 'gp3', performanceInsightsEnabled: true })
  for (const { name, inputs } of [...of('aws:rds/instance:Instance'), ...of('aws:rds/cluster:Cluster')]) {
    t.match(inputs, { databaseInsightsMode: 'standard', performanceInsightsEnabled: true }, `${name}: advanced costs`)
  }
  const parameters = [...of('aws:rds/parameterGroup:ParameterGroup'), ...of('aws:rds/clusterParameterGroup:ClusterParameterGroup')]
  t.equal(parameters.flatMap<any>(one => one.inputs.parameters).find(({ name }) => name === 'rds.force_ssl').value, '1')

  t.equal(protect, safe, 'Pulumi protects the database of production')
  t.equal(named(`${stack}-payloads`, 'aws:s3/bucket:Bucket').protect, safe)
  for (const secret of of('aws:secretsmanager/secret:Secret')) t.equal(secret.protect, safe, secret.name)
  for (const version of of('aws:secretsmanager/secretVersion:SecretVersion')) {
    t.ok(isSecret(version.inputs.secretString), `${version.name} is a secret`)
    if (!version.name.includes('master-url')) t.same(version.ignoreChanges, ['secretString'], `${version.name} is created once`)
  }
  for (const repository of of('aws:ecr/repository:Repository')) {
    t.match(repository.inputs, { imageTagMutability: 'IMMUTABLE', imageScanningConfiguration: { scanOnPush: true } })
  }
}
