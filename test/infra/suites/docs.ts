import type { Test } from 'tap'
import { Schema } from '../../../infra/config-schema.ts'
import { containerInsights, hourlyCost, monthly, prices, totalOf } from '../../../infra/cost.ts'
import { alarmMetrics, ownMetrics } from '../../../infra/metrics-paid.ts'
import { quotas, quotasNeeded } from '../../../infra/quotas.ts'
import { compare } from '../../docs/compare.ts'
import { settingsOf } from '../stack-files.ts'

/** Checks that the table of docs/aws.md is that of the code; `npm run docs` writes the table. */
export async function docsOf (t: Test): Promise<void> {
  const keys = ['| key | default | effect |', '| --- | --- | --- |', ...rows('', Schema)]
  await compare(t, 'aws.md', [...keys, '', '## Quotas', '', ...quotaRows(), '', '## What it costs', '', ...costs(), '', ...example()].join('\n'))
}

const line = (cells: string[]): string => `| ${cells.join(' | ')} |`

/** Returns each stack's possible use of an account's quotas. */
function quotaRows (): string[] {
  const needed = ['dev', 'staging', 'prod'].map(stack => quotasNeeded(settingsOf(stack)))
  return [
    line(['quota', 'code', 'in a new account', 'dev', 'staging', 'prod']), '| --- | --- | --: | --: | --: | --: |',
    ...Object.entries(quotas).map(([key, { service, code, name, usual }]) => line([name, `\`${service}\` \`${code}\``, String(usual), ...needed.map(stack => {
      const value = stack[key as keyof typeof quotas]
      return value > usual ? `**${value}**` : String(value)
    })])),
  ]
}

/** Returns the cost of an idle hour of each stack. */
function costs (): string[] {
  const stacks = ['dev', 'staging', 'prod'].map(stack => hourlyCost(settingsOf(stack)))
  const usd = (hour: number): string => hour.toFixed(3)
  return [
    line(['USD an hour', 'dev', 'staging', 'prod']), '| --- | --: | --: | --: |',
    ...Object.keys(stacks[0]!).map(what => line([what, ...stacks.map(costs => usd(costs[what]!))])),
    line(['**all**', ...stacks.map(costs => usd(totalOf(costs)))]),
    line(['a month of 730 hours', ...stacks.map(costs => Math.round(totalOf(costs) * 730).toString())]),
  ]
}

/** Returns how each line of an idle hour of dev is computed. */
function example (): string[] {
  const settings = settingsOf('dev')
  const cost = hourlyCost(settings)
  const { vcpu: { arm64: vcpu }, gib: { arm64: gib } } = prices
  const metrics = `${ownMetrics + containerInsights} metrics × ${usd(monthly.metric)} + ${alarmMetrics(settings)} read by alarms × ${usd(monthly.alarmMetric)}`
  const how: Array<[what: string, arithmetic: string]> = [
    ['tasks, at minTasks', `(0.5 vCPU × ${vcpu} + 1 GiB × ${gib}) × 2 + 1 vCPU × ${vcpu} + 2 GiB × ${gib}`],
    ['database', `0.032 + ${settings.database.storageGb} GiB × ${monthly.storageGib} / 730 h`],
    ['NAT gateways or endpoints', 'one NAT gateway'],
    ['two balancers', `2 × ${prices.balancer}`],
    ['public addresses', `3 × ${prices.publicAddress}`],
    ['metrics, alarms, secrets, firewalls', `(${metrics} + a dashboard ${monthly.dashboard} + 4 secrets × ${usd(monthly.secret)}) / 730 h`],
  ]
  return [
    line(['dev, by list prices of us-east-1', 'arithmetic', 'USD an hour']), '| --- | --- | --: |',
    ...how.map(([what, arithmetic]) => line([what, arithmetic, cost[what]!.toFixed(3)])),
  ]
}

const usd = (amount: number): string => amount.toFixed(2)

interface Node {
  type?: string
  description?: string
  default?: unknown
  enum?: unknown[]
  required?: string[]
  properties?: Record<string, Node>
}

function rows (path: string, schema: Node, optional = false): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, node]) => {
    const key = path ? `${path}.${name}` : name
    const needed = schema.required?.includes(name) && !optional
    if (node.properties) return rows(key, node, !needed)
    const value = node.default === undefined ? (needed ? 'required' : 'not set') : `\`${typeof node.default === 'string' ? node.default : JSON.stringify(node.default)}\``
    const words = node.enum ? ` (${node.enum.map(word => `\`${word}\``).join(', ')})` : ''
    return [`| \`${key}\` | ${value} | ${node.description}${words} |`]
  })
}
