import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import * as rds from '@pulumi/aws/rds/index.js'
import type { EngineArgs, Hosts } from './database-engine.ts'
import { ignoredUnlessSet, newStackVersion } from './engine-version.ts'

/** Creates RDS PostgreSQL: a primary, its standby in another zone if configured, and read replicas. */
export function instances (args: EngineArgs): Hosts {
  const { name, zones, settings, subnetGroup, group, masterUser, masterPassword, maxConnections, logDays, parent, dependsOn } = args
  const protect = settings.deletionProtection
  const version = settings.engineVersion ?? newStackVersion
  const parameters = new rds.ParameterGroup(name, {
    family: `postgres${version.split('.')[0]}`,
    parameters: [
      { name: 'rds.force_ssl', value: '1' },
      { name: 'max_connections', value: String(maxConnections), applyMethod: 'pending-reboot' },
      { name: 'log_min_duration_statement', value: String(settings.slowMs) },
      { name: 'log_lock_waits', value: '1' },
      // A batch is one long transaction with a lot of WAL. A larger limit, in MiB, makes checkpoints fewer and smoother.
      { name: 'max_wal_size', value: '8192' },
      { name: 'random_page_cost', value: '1.1' },
      // Vacuum on the primary does not cancel a long query of a replica.
      { name: 'hot_standby_feedback', value: '1' },
    ],
  }, { parent, ignoreChanges: ignoredUnlessSet(settings, 'family') })

  const shared = {
    instanceClass: settings.instanceClass,
    parameterGroupName: parameters.name,
    vpcSecurityGroupIds: [group.id],
    publiclyAccessible: false,
    storageType: 'gp3',
    storageEncrypted: true,
    maxAllocatedStorage: settings.maxStorageGb,
    iamDatabaseAuthenticationEnabled: true,
    performanceInsightsEnabled: true,
    performanceInsightsRetentionPeriod: 7,
    databaseInsightsMode: 'standard', // `advanced` is billed by the vCPU
    enabledCloudwatchLogsExports: ['postgresql', 'upgrade'],
    autoMinorVersionUpgrade: true,
    copyTagsToSnapshot: true,
    deletionProtection: protect,
    applyImmediately: !protect, // in a protected stack, changes that need a restart wait for the maintenance window
  }
  const primaryName = `freight-${name}`
  const primary = new rds.Instance(`${name}-primary`, {
    ...shared,
    identifier: primaryName,
    engine: 'postgres',
    engineVersion: version,
    allowMajorVersionUpgrade: true,
    allocatedStorage: settings.storageGb,
    multiAz: settings.multiAz,
    dbSubnetGroupName: subnetGroup.name,
    username: masterUser,
    password: masterPassword,
    backupRetentionPeriod: settings.backupDays,
    deleteAutomatedBackups: !protect,
    skipFinalSnapshot: !protect,
    ...(protect ? { finalSnapshotIdentifier: `${primaryName}-final` } : {}),
  }, {
    parent, protect, dependsOn: [...dependsOn, ...logGroups(primaryName)], ignoreChanges: ignoredUnlessSet(settings, 'engineVersion'),
    customTimeouts: { create: '60m', update: '90m', delete: '60m' },
  })

  const replicas = Array.from({ length: settings.replicas }, (_, index) => {
    const identifier = `${primaryName}-replica-${index + 1}`
    return new rds.Instance(`${name}-replica-${index + 1}`, {
      ...shared, identifier, replicateSourceDb: primary.identifier, availabilityZone: zones[(index + 1) % zones.length]!, skipFinalSnapshot: true,
    }, { parent, dependsOn: logGroups(identifier), customTimeouts: { create: '90m', update: '90m', delete: '60m' } })
  })
  const hostOf = (instance: rds.Instance) => ({ address: instance.address, resourceId: instance.resourceId })
  return {
    primary: hostOf(primary),
    readers: replicas.map(hostOf),
    measured: {
      primary: { DBInstanceIdentifier: primary.identifier },
      replicas: replicas.map(({ identifier }) => ({ DBInstanceIdentifier: identifier })),
      otherNames: {},
    },
    ready: [primary, ...replicas],
  }

  /** Returns the log groups, which RDS would otherwise create itself, without a retention. */
  function logGroups (identifier: string): cloudwatch.LogGroup[] {
    return ['postgresql', 'upgrade'].map(log => new cloudwatch.LogGroup(`${identifier}-${log}`, {
      name: `/aws/rds/instance/${identifier}/${log}`, retentionInDays: logDays,
    }, { parent }))
  }
}
