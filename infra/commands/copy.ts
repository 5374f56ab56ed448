import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import { checkConfig, RefusedConfig } from '../check-config.ts'
import { hourlyCost, totalOf } from '../cost.ts'
import { fileOf } from './copy-name.ts'
import { Refused } from './pulumi.ts'

const own = 'freight-rates:'

type StackFile = { config: Record<string, unknown>, secretsprovider?: string, encryptionsalt?: string, encryptedkey?: string }

/** A short-lived copy of the system. */
export type Copy = { region: string, expires: string, hourlyUsd: number }

/**
 * Writes the settings of a copy: those of Pulumi.dev.yaml with the smallest number of everything, without replicas, and the
 * day after which the copy may be removed. Keeps the settings that an earlier `up` has written, except the day.
 * Throws Refused if the settings are invalid.
 */
export function writeCopy (name: string, days: number): Copy {
  const file = fileOf(name)
  const source = existsSync(file) ? file : fileOf('dev')
  const { config, secretsprovider, ...encryption } = parse(readFileSync(source, 'utf8')) as StackFile
  const secret = Object.entries(config).find(([, value]) => typeof value === 'object' && value !== null && 'secure' in value)
  if (secret && source !== file) throw new Refused(`${secret[0]} in Pulumi.dev.yaml is encrypted for the stack dev: a copy cannot decrypt it.`)

  const expires = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
  const written: StackFile = {
    ...(secretsprovider ? { secretsprovider } : {}),
    ...(source === file ? encryption : {}), // the copy's own key, created with its stack
    config: source === file ? { ...config, [`${own}expires`]: expires } : { ...reduceToMinimum(config), [`${own}expires`]: expires },
  }
  const region = String(config['aws:region'] ?? '')
  const settings = settingsOf(written.config, name, region)
  writeFileSync(file, stringify(written))
  return { region, expires, hourlyUsd: totalOf(hourlyCost(settings)) }
}

/** One task of each service, one database host, one NAT gateway. Two zones stay: balancers and database subnets require two, at no cost. */
function reduceToMinimum (config: Record<string, unknown>): Record<string, unknown> {
  const changed = { ...config }
  const change = (group: string, members: object): void => {
    changed[own + group] = { ...changed[own + group] as object, ...members }
  }
  for (const group of ['rates', 'ingestion', 'worker']) change(group, { minTasks: 1 })
  change('database', { multiAz: false, replicas: 0, deletionProtection: false })
  change('network', { egress: 'nat' })
  return changed
}

function settingsOf (config: Record<string, unknown>, name: string, region: string): ReturnType<typeof checkConfig> {
  const given = Object.entries(config).filter(([key]) => key.startsWith(own)).map(([key, value]) => [key.slice(own.length), value])
  try {
    return checkConfig(Object.fromEntries(given), name, region)
  } catch (error) {
    if (!(error instanceof RefusedConfig)) throw error
    throw new Refused(error.message)
  }
}

/** Returns the cost of an idle copy, in one sentence. */
export function costSentence ({ hourlyUsd, expires }: Copy): string {
  const usd = (hours: number): string => `$${(hourlyUsd * hours).toFixed(hours === 1 ? 2 : 0)}`
  return `It costs about ${usd(1)} an hour: ${usd(24)} a day, ${usd(730)} a month, ${usd(8_760)} a year. It may be removed after ${expires}.`
}
