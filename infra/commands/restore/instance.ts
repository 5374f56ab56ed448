import type { CurrentDatabase } from './current-database.ts'
import { argument, command } from './shell.ts'
import type { Step, RestoreTarget } from './step.ts'

const isAvailable = (name: string): string => `until aws rds wait db-instance-available --db-instance-identifier ${name}; do sleep 10; done`

/** Creates a new instance beside the current one, with the same settings as far as a restore can set them. */
export function createInstance ({ name, database, resourceId }: CurrentDatabase, { to, source, restored }: RestoreTarget): Step[] {
  const { outputs = {} } = database
  return [{
    title: 'Create a new instance from the backups. Users notice nothing. It takes tens of minutes for a hundred GiB.',
    why: source === name
      ? [`If ${source} is deleted: --source-dbi-resource-id ${resourceId} in place of --source-db-instance-identifier ${source}.`]
      : [
          `If ${source} is deleted: --source-dbi-resource-id in place of --source-db-instance-identifier ${source}, with the id that this command prints:`,
          `  aws rds describe-db-instance-automated-backups --db-instance-identifier ${source} --query 'DBInstanceAutomatedBackups[].DbiResourceId' --output text`,
        ],
    commands: [
      command('aws rds restore-db-instance-to-point-in-time', {
        'source-db-instance-identifier': source, 'target-db-instance-identifier': restored, 'restore-time': to,
        'db-instance-class': outputs.instanceClass, 'storage-type': outputs.storageType, 'max-allocated-storage': outputs.maxAllocatedStorage,
        'db-subnet-group-name': outputs.dbSubnetGroupName, 'vpc-security-group-ids': outputs.vpcSecurityGroupIds,
        'db-parameter-group-name': outputs.parameterGroupName, 'multi-az': outputs.multiAz, 'publicly-accessible': false,
        'enable-iam-database-authentication': true, 'auto-minor-version-upgrade': true, 'copy-tags-to-snapshot': true,
        'deletion-protection': outputs.deletionProtection,
      }),
      isAvailable(restored),
    ],
  }, {
    title: 'Check the new instance: state, resource id, version, GiB.',
    why: [
      'A drill on a running stack stops here: remove the new instance with',
      `  aws rds modify-db-instance --db-instance-identifier ${restored} --no-deletion-protection --apply-immediately`,
      `  aws rds delete-db-instance --db-instance-identifier ${restored} --skip-final-snapshot`,
    ],
    commands: [`aws rds describe-db-instances --db-instance-identifier ${restored} \\
  --query 'DBInstances[0].[DBInstanceStatus,DbiResourceId,EngineVersion,AllocatedStorage]' --output text`],
  }]
}

/** The new instance gets the name, and therefore the address, of the current one. */
export function exchangeInstances ({ name, others }: CurrentDatabase, { restored, aside }: RestoreTarget): Step[] {
  const replicas = others.map(({ outputs }) => outputs!.identifier as string)
  const rename = (from: string, to: string): string[] => [
    `aws rds modify-db-instance --db-instance-identifier ${from} --new-db-instance-identifier ${to} --apply-immediately`, isAvailable(to),
  ]
  return [...replicas.length === 0
    ? []
    : [{
        title: 'Delete the replicas: they have the data of the old instance. The primary serves reads without them, and `pulumi up` creates new ones.',
        why: [],
        commands: [
          ...replicas.flatMap(replica => [
            `aws rds modify-db-instance --db-instance-identifier ${replica} --no-deletion-protection --apply-immediately`,
            isAvailable(replica),
            `aws rds delete-db-instance --db-instance-identifier ${replica} --skip-final-snapshot`,
          ]),
          ...replicas.map(replica => `aws rds wait db-instance-deleted --db-instance-identifier ${replica}`),
        ],
      }], {
    title: 'Exchange the names. From here until the end of `pulumi up` the services cannot log in; batches are accepted and wait.',
    why: ['An instance has its old name until it is renamed: until then `wait` reports DBInstanceNotFound.'],
    commands: [...rename(name, aside), ...rename(restored, name)],
  }]
}

/** The state names an instance by its resource id, which no other instance has. */
export function adoptInstance ({ stack, name, database, others }: CurrentDatabase): Step {
  return {
    title: 'Set the new instance in the state, then read its settings.',
    why: [
      'Pulumi finds an instance by its resource id. Without this step Pulumi finds the old instance, and plans to rename it back.',
      'Only the database is refreshed: a refresh of all resources would write the stopped worker\'s count into the state.',
    ],
    commands: [
      command('npm run restore --', {
        stack, adopt: `"$(aws rds describe-db-instances --db-instance-identifier ${name} --query 'DBInstances[0].DbiResourceId' --output text)"`,
      }),
      refresh(stack, [database.urn, ...others.map(({ urn }) => urn)]),
    ],
  }
}

export const refresh = (stack: string, urns: string[]): string =>
  [`pulumi refresh --stack ${stack}`, ...urns.map(urn => `  --target ${argument(urn)}`)].join(' \\\n')

export function removeInstance ({ region }: CurrentDatabase, { aside }: RestoreTarget): Step {
  return {
    title: 'Days later, when the old instance is no longer needed:',
    why: [
      `aws rds modify-db-instance --region ${region} --db-instance-identifier ${aside} --no-deletion-protection --apply-immediately`,
      `aws rds delete-db-instance --region ${region} --db-instance-identifier ${aside} --final-db-snapshot-identifier ${aside} --no-delete-automated-backups`,
    ],
    commands: [],
  }
}
