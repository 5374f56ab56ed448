import { refresh } from './instance.ts'
import type { CurrentDatabase } from './current-database.ts'
import { command } from './shell.ts'
import type { Step, RestoreTarget } from './step.ts'

const isAvailable = (kind: 'instance' | 'cluster', name: string): string =>
  `until aws rds wait db-${kind}-available --db-${kind}-identifier ${name}; do sleep 10; done`

/** Creates a new cluster beside the current one, with one instance, its writer. */
export function createCluster ({ name, resourceId, database, others }: CurrentDatabase, { to, source, restored }: RestoreTarget): Step[] {
  const { outputs = {} } = database
  const { minCapacity, maxCapacity } = outputs.serverlessv2ScalingConfiguration ?? {}
  return [{
    title: 'Create a new cluster from the backups, and an instance in it. Users notice nothing. It takes tens of minutes.',
    why: source === name
      ? [`If ${source} is deleted: --source-db-cluster-resource-id ${resourceId} in place of --source-db-cluster-identifier ${source}.`]
      : [
          `If ${source} is deleted: --source-db-cluster-resource-id in place of --source-db-cluster-identifier ${source}, with the id that this command prints:`,
          `  aws rds describe-db-cluster-automated-backups --db-cluster-identifier ${source} --query 'DBClusterAutomatedBackups[].DbClusterResourceId' --output text`,
        ],
    commands: [
      command('aws rds restore-db-cluster-to-point-in-time', {
        'source-db-cluster-identifier': source, 'db-cluster-identifier': restored, 'restore-to-time': to,
        'db-subnet-group-name': outputs.dbSubnetGroupName, 'vpc-security-group-ids': outputs.vpcSecurityGroupIds,
        'db-cluster-parameter-group-name': outputs.dbClusterParameterGroupName,
        'serverless-v2-scaling-configuration': maxCapacity === undefined ? undefined : `MinCapacity=${minCapacity},MaxCapacity=${maxCapacity}`,
        'enable-iam-database-authentication': true, 'copy-tags-to-snapshot': true, 'deletion-protection': outputs.deletionProtection,
      }),
      isAvailable('cluster', restored),
      command('aws rds create-db-instance', {
        'db-instance-identifier': `${restored}-1`, 'db-cluster-identifier': restored, engine: 'aurora-postgresql',
        'db-instance-class': others[0]?.outputs?.instanceClass, 'db-subnet-group-name': outputs.dbSubnetGroupName,
        'publicly-accessible': false, 'promotion-tier': 0,
      }),
      isAvailable('instance', `${restored}-1`),
    ],
  }, {
    title: 'Check the new cluster: state, resource id, version.',
    why: [
      'A drill on a running stack stops here: remove the new cluster with',
      `  aws rds delete-db-instance --db-instance-identifier ${restored}-1`,
      `  aws rds modify-db-cluster --db-cluster-identifier ${restored} --no-deletion-protection --apply-immediately`,
      `  aws rds delete-db-cluster --db-cluster-identifier ${restored} --skip-final-snapshot`,
    ],
    commands: [`aws rds describe-db-clusters --db-cluster-identifier ${restored} \\
  --query 'DBClusters[0].[Status,DbClusterResourceId,EngineVersion]' --output text`],
  }]
}

/** The new cluster and its writer get the names of the current ones. */
export function exchangeClusters ({ name, others }: CurrentDatabase, { restored, aside }: RestoreTarget): Step[] {
  const members = others.map(({ outputs }) => outputs!.identifier as string)
  const rename = (kind: 'instance' | 'cluster', from: string, to: string): string =>
    `aws rds modify-db-${kind} --db-${kind}-identifier ${from} --new-db-${kind}-identifier ${to} --apply-immediately`
  return [{
    title: 'Exchange the names. From here until the end of `pulumi up` the services cannot log in; batches are accepted and wait.',
    why: [
      'A cluster or an instance has its old name until it is renamed: until then `wait` reports DBInstanceNotFound or DBClusterNotFoundFault.',
      'Readers that autoscaling has created stay with the old cluster. The new one gets its readers from `pulumi up`.',
    ],
    commands: [
      ...members.map((member, index) => rename('instance', member, `${aside}-${index + 1}`)),
      rename('cluster', name, aside),
      ...members.map((_, index) => isAvailable('instance', `${aside}-${index + 1}`)),
      isAvailable('cluster', aside),
      rename('instance', `${restored}-1`, `${name}-1`),
      rename('cluster', restored, name),
      isAvailable('instance', `${name}-1`),
      isAvailable('cluster', name),
    ],
  }]
}

/** The state names clusters and their instances by identifier, so a refresh finds the new ones. */
export function adoptCluster ({ stack, database, others }: CurrentDatabase): Step {
  return {
    title: 'Read the new cluster into the state: it has another resource id, and no readers yet.',
    why: ['Only the database is refreshed: a refresh of all resources would write the stopped worker\'s count into the state.'],
    commands: [refresh(stack, [database.urn, ...others.map(({ urn }) => urn)])],
  }
}

/** Deletes all members first, also those that autoscaling has created: a cluster with an instance cannot be deleted. */
export function removeCluster ({ region }: CurrentDatabase, { aside }: RestoreTarget): Step {
  return {
    title: 'Days later, when the old cluster is no longer needed:',
    why: [
      `for member in $(aws rds describe-db-clusters --region ${region} --db-cluster-identifier ${aside} --query 'DBClusters[0].DBClusterMembers[].DBInstanceIdentifier' --output text); do`,
      `  aws rds delete-db-instance --region ${region} --db-instance-identifier "$member"`,
      'done',
      `aws rds modify-db-cluster --region ${region} --db-cluster-identifier ${aside} --no-deletion-protection --apply-immediately`,
      `aws rds delete-db-cluster --region ${region} --db-cluster-identifier ${aside} --final-db-snapshot-identifier ${aside} --no-delete-automated-backups`,
    ],
    commands: [],
  }
}
