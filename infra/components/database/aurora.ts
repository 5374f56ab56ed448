import * as appautoscaling from '@pulumi/aws/appautoscaling/index.js'
import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import * as rds from '@pulumi/aws/rds/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { EngineArgs, Hosts } from './database-engine.ts'
import { ignoredUnlessSet, newStackVersion } from './engine-version.ts'

/** Creates Aurora PostgreSQL: a writer, and readers whose number follows their load. Storage is in three zones and grows automatically. */
export function aurora (args: EngineArgs): Hosts {
  const { name, settings, subnetGroup, group, masterUser, masterPassword, maxConnections, logDays, parent, dependsOn } = args
  const protect = settings.deletionProtection
  const version = settings.engineVersion ?? newStackVersion
  const clusterIdentifier = `freight-${name}`
  const logs = new cloudwatch.LogGroup(`${clusterIdentifier}-postgresql`, {
    name: `/aws/rds/cluster/${clusterIdentifier}/postgresql`, retentionInDays: logDays,
  }, { parent })
  const parameters = new rds.ClusterParameterGroup(name, {
    family: `aurora-postgresql${version.split('.')[0]}`,
    parameters: [
      { name: 'rds.force_ssl', value: '1' },
      { name: 'max_connections', value: String(maxConnections), applyMethod: 'pending-reboot' },
      { name: 'log_min_duration_statement', value: String(settings.slowMs) },
      { name: 'log_lock_waits', value: '1' },
    ],
  }, { parent, ignoreChanges: ignoredUnlessSet(settings, 'family') })
  const insights = { performanceInsightsEnabled: true, performanceInsightsRetentionPeriod: 7 }
  const cluster = new rds.Cluster(name, {
    clusterIdentifier,
    engine: 'aurora-postgresql',
    engineMode: 'provisioned',
    engineVersion: version,
    allowMajorVersionUpgrade: true,
    ...(settings.instanceClass === 'db.serverless'
      ? { serverlessv2ScalingConfiguration: { minCapacity: settings.minAcu, maxCapacity: settings.maxAcu } }
      : {}),
    dbClusterParameterGroupName: parameters.name,
    dbSubnetGroupName: subnetGroup.name,
    vpcSecurityGroupIds: [group.id],
    masterUsername: masterUser,
    masterPassword,
    storageEncrypted: true,
    iamDatabaseAuthenticationEnabled: true,
    // For all members. A change of the mode without these would send `performanceInsightsEnabled` as false.
    ...insights,
    databaseInsightsMode: 'standard', // `advanced` is billed by the vCPU
    backupRetentionPeriod: settings.backupDays,
    deleteAutomatedBackups: !protect,
    enabledCloudwatchLogsExports: ['postgresql'],
    copyTagsToSnapshot: true,
    deletionProtection: protect,
    applyImmediately: !protect,
    skipFinalSnapshot: !protect,
    ...(protect ? { finalSnapshotIdentifier: `${clusterIdentifier}-final` } : {}),
  }, {
    parent, protect, dependsOn: [...dependsOn, logs], ignoreChanges: ['availabilityZones', ...ignoredUnlessSet(settings, 'engineVersion')],
    customTimeouts: { create: '60m', update: '90m', delete: '60m' },
  })

  const members = Array.from({ length: settings.replicas + 1 }, (_, index) => new rds.ClusterInstance(`${name}-${index + 1}`, {
    identifier: `${clusterIdentifier}-${index + 1}`,
    clusterIdentifier: cluster.id,
    engine: 'aurora-postgresql',
    instanceClass: settings.instanceClass,
    dbSubnetGroupName: subnetGroup.name,
    publiclyAccessible: false,
    ...insights,
    autoMinorVersionUpgrade: true,
    promotionTier: Math.min(index, 1), // the second member takes over, and therefore has the same size
    applyImmediately: !protect,
  }, { parent, customTimeouts: { create: '60m', update: '90m', delete: '60m' } }))
  if (settings.maxReaders > 0) readerScaling()

  const resourceId = cluster.clusterResourceId
  return {
    primary: { address: cluster.endpoint, resourceId },
    // One address for all available readers.
    readers: settings.replicas > 0 ? [{ address: cluster.readerEndpoint, resourceId }] : [],
    measured: {
      primary: { DBClusterIdentifier: cluster.id, Role: 'WRITER' },
      replicas: settings.replicas > 0 ? [{ DBClusterIdentifier: cluster.id }] : [],
      // Storage grows beyond any limit that the stack can reach. The lag is in milliseconds, the largest of all readers.
      otherNames: { FreeStorageSpace: { metric: '', factor: 1 }, ReplicaLag: { metric: 'AuroraReplicaLagMaximum', factor: 1_000 } },
    },
    ready: [cluster, ...members],
  }

  function readerScaling (): void {
    const service = { serviceNamespace: 'rds', scalableDimension: 'rds:cluster:ReadReplicaCount', resourceId: pulumi.interpolate`cluster:${cluster.id}` }
    const target = new appautoscaling.Target(`${name}-readers`, { ...service, minCapacity: settings.replicas, maxCapacity: settings.maxReaders }, { parent, dependsOn: members })
    new appautoscaling.Policy(`${name}-readers`, {
      ...service,
      policyType: 'TargetTrackingScaling',
      targetTrackingScalingPolicyConfiguration: {
        targetValue: 60, scaleInCooldown: 900, scaleOutCooldown: 300,
        predefinedMetricSpecification: { predefinedMetricType: 'RDSReaderAverageCPUUtilization' },
      },
    }, { parent, dependsOn: target })
  }
}
