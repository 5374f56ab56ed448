import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import { checkConfig, RefusedConfig } from '../config.ts'
import { hourlyCost, totalOf } from '../cost.ts'
import { fileOf } from './copy-name.ts'
import { Refused } from './pulumi.ts'

const own = 'freight-rates:'

type StackFile = { config: Record<string, unknown>, secretsprovider?: string, encryptionsalt?: string, encryptedkey?: string }

/** A short-lived copy of the system. */
export type Copy = { region: string, expires: string, hourlyUsd: number }

/**
 * Writes the settings of a copy: those of Pulumi.dev.yaml, one of everything that may be one, without replicas, and the day on
 * which it may be removed. What an earlier `up` has written is kept, its day apart. Throws Refused where they are not taken.
 */
export function writeCopy (name: string, days: number): Copy {
  const file = fileOf(name)
  const source = existsSync(file) ? file : fileOf('dev')
  const { config, secretsprovider, ...encryption } = parse(readFileSync(source, 'utf8')) as StackFile
  const secret = Object.entries(config).find(([, value]) => typeof value === 'object' && value !== null && 'secure' in value)
  if (secret && source !== file) throw new Refused(`${secret[0]} in Pulumi.dev.yaml is encrypted for dev alone: a copy cannot read it.`)

  const expires = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
  const written: StackFile = {
    ...(secretsprovider ? { secretsprovider } : {}),
    ...(source === file ? encryption : {}), // a copy's own key, made with its stack
    config: source === file ? { ...config, [`${own}expires`]: expires } : { ...reduceToMinimum(config), [`${own}expires`]: expires },
  }
  const region = String(config['aws:region'] ?? '')
  const settings = settingsOf(written.config, name, region)
  writeFileSync(file, stringify(written))
  return { region, expires, hourlyUsd: totalOf(hourlyCost(settings)) }
}

/** One task of each, one database host, one way out. Two zones stay: balancers and database subnets ask for them; they cost nothing. */
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

/** What it costs while nobody asks it anything. */
export function costSentence ({ hourlyUsd, expires }: Copy): string {
  const usd = (hours: number): string => `$${(hourlyUsd * hours).toFixed(hours === 1 ? 2 : 0)}`
  return `It costs about ${usd(1)} an hour: ${usd(24)} a day, ${usd(730)} a month, ${usd(8_760)} a year. It may be removed after ${expires}.`
}
