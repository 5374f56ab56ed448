import type { Settings } from './config-schema.ts'
import { alarmMetrics, ownMetrics } from './metrics-paid.ts'

/**
 * On-demand list prices of us-east-1 in 2026, in USD an hour. Other regions differ by up to a third, contracts by more.
 * Look the prices up before you rely on them.
 */
export const prices = {
  vcpu: { arm64: 0.032_38, x86_64: 0.040_48 },
  gib: { arm64: 0.003_56, x86_64: 0.004_445 },
  natGateway: 0.045,
  interfaceEndpoint: 0.01,
  balancer: 0.022_5,
  publicAddress: 0.005,
  aurora: { unit: 0.12, factor: 1.15 },
} as const
/** RDS PostgreSQL in one zone, in USD an hour: db.t4g by size; t4g, m and r at `large`, and twice that for each next size. */
const database: Record<string, number> = { micro: 0.016, small: 0.032, medium: 0.065, t4g: 0.129, m: 0.168, r: 0.239 }
/** Monthly prices, in USD. */
export const monthly = { storageGib: 0.115, secret: 0.4, metric: 0.3, alarmMetric: 0.1, dashboard: 3, firewall: 6 }
/** Approximate number of metrics of Container Insights. */
export const containerInsights = 70
const hoursPerMonth = 730

/** Returns the cost of an idle stack, in USD an hour, by item. Traffic, requests, logs and payloads come on top. */
export function hourlyCost (settings: Settings): Record<string, number> {
  const { architecture, network, rates, ingestion, worker, firewall, gateway, domain, database: { engine, storageGb, multiAz, replicas } } = settings
  const zones = network.zones.length
  const tasks = [rates, ingestion, worker].reduce((sum, { cpu, memory, minTasks }) =>
    sum + minTasks * (cpu / 1_024 * prices.vcpu[architecture] + memory / 1_024 * prices.gib[architecture]), 0)
  const nats = network.egress === 'nat' ? 1 : network.egress === 'nat-per-zone' ? zones : 0
  const hosts = (engine === 'aurora' ? 1 : multiAz ? 2 : 1) + replicas
  const copies = engine === 'aurora' ? 1 : hosts
  const month = (usd: number): number => usd / hoursPerMonth
  const firewalls = Number(firewall.enabled) + Number(gateway.entry !== 'direct')
  const secrets = domain ? 5 : 4
  return {
    'tasks, at minTasks': tasks,
    database: hosts * databaseHour(settings.database) + month(copies * storageGb * monthly.storageGib),
    'NAT gateways or endpoints': nats * prices.natGateway + (nats === 0 ? 5 * zones * prices.interfaceEndpoint : 0),
    'two balancers': 2 * prices.balancer,
    'public addresses': (zones + nats) * prices.publicAddress,
    'metrics, alarms, secrets, firewalls': month((ownMetrics + containerInsights) * monthly.metric + alarmMetrics(settings) * monthly.alarmMetric + monthly.dashboard + secrets * monthly.secret + firewalls * monthly.firewall),
  }
}

export const totalOf = (lines: Record<string, number>): number => Object.values(lines).reduce((sum, usd) => sum + usd, 0)

/** Returns the price of one host, in USD an hour. Aurora Serverless counts at `minAcu`: its price grows with the load up to `maxAcu`. */
function databaseHour ({ engine, instanceClass, minAcu }: Settings['database']): number {
  if (instanceClass === 'db.serverless') return minAcu * prices.aurora.unit
  const [, family = '', size = ''] = instanceClass.split('.')
  const larges = size === 'large' ? 1 : size === 'xlarge' ? 2 : 2 * Number(/^(\d+)xlarge$/.exec(size)?.[1] ?? 0)
  const usd = database[size] ?? larges * (database[family === 't4g' ? family : family[0]!] ?? 0)
  return usd * (engine === 'aurora' ? prices.aurora.factor : 1)
}
