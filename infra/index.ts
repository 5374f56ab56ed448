import * as pulumi from '@pulumi/pulumi'
import { alarms } from '../observability/alarms.ts'
import { dashboard } from '../observability/dashboard.ts'
import { ApiKeys } from './components/storage/api-keys.ts'
import { Balancer } from './components/load-balancing/balancer.ts'
import { Cluster } from './components/compute/cluster.ts'
import { Database } from './components/database/database.ts'
import { Domain } from './components/load-balancing/domain.ts'
import { PublicBalancer } from './components/load-balancing/public-balancer.ts'
import { Firewall } from './components/load-balancing/firewall.ts'
import { Gateway } from './components/load-balancing/gateway.ts'
import { HttpService } from './components/compute/http-service.ts'
import { Image } from './components/compute/image.ts'
import { Migration } from './components/compute/migration.ts'
import { MonthlyMigration } from './components/compute/monthly-migration.ts'
import { Network } from './components/network/network.ts'
import { Observability } from './components/observability/observability.ts'
import { OneOff } from './components/compute/one-off.ts'
import { OriginKey } from './components/load-balancing/origin-key.ts'
import { PayloadBucket } from './components/storage/payload-bucket.ts'
import { BatchQueue } from './components/storage/queue.ts'
import { SmokeCode } from './components/compute/smoke-code.ts'
import { Worker } from './components/compute/worker.ts'
import { readConfig } from './config.ts'
import { maxConnections } from './connections.ts'
import { metricSources } from './metric-sources.ts'
import { ingestionApi, ingestionWorker, metricsNamespace, migrator, operations, ratesApi } from './processes.ts'
import { stackProvider } from './provider.ts'

/** The platform on AWS: docs/aws.md. */
const config = readConfig()
const { stack, region, account, deployment, permissionsBoundary } = config
const protect = config.database.deletionProtection
const logDays = config.logs.retentionDays
const options = { providers: [stackProvider(config)] }

const network = new Network(stack, {
  ...config.network, region, flowLogDays: config.network.flowLogs ? logDays : undefined, permissionsBoundary,
}, options)
const { vpcId, publicSubnetIds, privateSubnetIds, isolatedSubnetIds, awsClients } = network

const image = new Image(stack, { reference: config.image, architecture: config.architecture, protect }, options)
const cluster = new Cluster(stack, options)
const queue = new BatchQueue(stack, options)
const payloads = new PayloadBucket(stack, { keepDays: config.payloads.keepDays, protect }, options)
const apiKeys = new ApiKeys(stack, { protect }, options)
const database = new Database(stack, {
  region, account, vpcId, zones: config.network.zones.map(letter => region + letter), subnetIds: isolatedSubnetIds, settings: config.database,
  maxConnections: maxConnections(config.database), logDays,
}, options)

const platform = {
  region, account, vpcId, subnetIds: privateSubnetIds, awsClients, clusterArn: cluster.arn, clusterName: cluster.name, image,
  architecture: config.architecture, logDays, permissionsBoundary,
}
const stores = { config, database, queue, payloads, apiKeys }
const dependsOn = [...network.ready, ...database.ready, ...queue.ready, ...payloads.ready, ...apiKeys.ready]

const migrate = new OneOff(`${stack}-migrate`, { ...migrator(stores), platform, database }, options)
const migration = new Migration(stack, { task: migrate, dependsOn }, options)
const ops = new OneOff(`${stack}-ops`, { ...operations(stores), platform, database, registerAfter: migration }, options)

const domain = config.domain && new Domain(stack, config.domain, options)
const originKey = config.domain && new OriginKey(stack, { version: config.gateway.originKeyVersion, protect }, options)
const balancer = new Balancer(stack, { account, vpcId, subnetIds: privateSubnetIds, logDays, protect }, options)
const smokeCode = new SmokeCode(stack, options)
const service = { platform, balancer, database, deployment, migration, smokeCode, dependsOn }
const rates = new HttpService(`${stack}-rates`, {
  ...service, ...ratesApi(stores), settings: config.rates,
  certificateArn: domain?.rates.certificateArn, ports: { production: domain ? 443 : 80, test: 9001 },
}, options)
const worker = new Worker(`${stack}-worker`, {
  ...ingestionWorker(stores), settings: config.worker, metricsNamespace: metricsNamespace(stack), queue, platform, database, migration, dependsOn,
}, options)
const ingestionPort = 8443
// Workers of the previous release do not know the names that a new ingestion API gives to batches.
// The worker's deployment therefore finishes first (docs/decisions/0022).
const ingestion = new HttpService(`${stack}-ingestion`, {
  ...service, ...ingestionApi(stores), settings: config.ingestion, slowResponsesIn: metricsNamespace(stack),
  dependsOn: [...dependsOn, ...worker.ready], certificateArn: domain?.batches.certificateArn, ports: { production: ingestionPort, test: 9002 },
  requiredHeader: config.gateway.entry === 'edge' ? originKey?.header : undefined,
}, options)

// The schedule switches to the new migrator only when all services run the new release.
const monthly = new MonthlyMigration(stack, { platform, migrate, dependsOn: [rates, worker, ingestion] }, options)

const publicBalancer = new PublicBalancer(stack, {
  vpcId, subnetIds: publicSubnetIds, balancer, listener: rates.listener, secure: domain !== undefined, protect,
  allowedCidrs: config.allowedCidrs.length > 0 ? config.allowedCidrs : ['0.0.0.0/0'],
}, options)
domain?.addAliasRecord(`${stack}-rates`, domain.rates, publicBalancer)
if (config.firewall.enabled) new Firewall(stack, { ...config.firewall, balancerArn: balancer.arn, vpcCidr: config.network.cidr }, options)
const gateway = new Gateway(stack, {
  vpcId, subnetIds: privateSubnetIds, balancer, listener: ingestion.listener, port: ingestionPort, settings: config.gateway, domain, originKey,
  logDays,
}, options)

const observability = new Observability(stack, {
  stack, account, region, email: config.alarms.email, monthlyUsd: config.budget.monthlyUsd, clusterName: cluster.name,
  migratorFamily: migrate.task.family, definitions: { alarms, dashboard },
  sources: metricSources({ stack, balancer, gateway, cluster, database, queue, rates, ingestion, worker, monthly }),
  limits: { max_connections: maxConnections(config.database), allocated_storage: config.database.storageGb * 1024 ** 3 },
}, options)

/** Day after which a short-lived copy may be removed. `npm run stack -- list` reads this output. */
export const expires = config.expires
export const ratesUrl = domain ? `https://${domain.rates.name}` : pulumi.interpolate`http://${publicBalancer.dnsName}`
export const batchesUrl = gateway.url
/** DNS names to create when `domain.certificateArn` is set in place of a zone. */
export const batchesOrigin = gateway.origin
export const operatorKeySecret = apiKeys.operator.arn
export const apiKeysSecret = apiKeys.secretArn
export const queueUrl = queue.url
export const deadLetterQueueUrl = queue.deadLetterUrl
export const payloadBucket = payloads.name
export const databaseAddress = database.hosts.primary.address
export const alarmTopic = observability.topicArn
export const dashboardUrl = observability.dashboardUrl
export const clusterName = cluster.name
/** Deployed image. `infra/commands/running.ts` compares the image with the running tasks; drift detection takes the image from here. */
const imageReference = image.reference
export { imageReference as image }
export const taskDefinitions = { rates: rates.task.arn, ingestion: ingestion.task.arn, worker: worker.task.arn }
export const services = { rates: rates.name, ingestion: ingestion.name, worker: worker.name }
/** One-off tasks. `npm run ops -- --stack` reads this output. */
export const oneOffTasks = { migrate: migrate.reference, ops: ops.reference }
const tasks = { rates: rates.task, ingestion: ingestion.task, worker: worker.task, migrate: migrate.task, ops: ops.task }
export const logs = Object.fromEntries(Object.entries(tasks).map(([name, { logGroup }]) =>
  [name, pulumi.interpolate`aws logs tail ${logGroup} --follow --region ${region}`]))
