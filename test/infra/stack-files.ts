import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { checkConfig } from '../../infra/check-config.ts'
import type { Config } from '../../infra/config-schema.ts'
import { asExample } from './example-settings.ts'

/** Reads a YAML file of the repository. */
export const readYaml = (name: string): any => parse(readFileSync(join(import.meta.dirname, '../..', name), 'utf8'))

/** Returns the configuration of a stack from its file, with `changes` to its keys and example values for an account's own settings. */
export function configOf (stack: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const { config } = readYaml(`Pulumi.${stack}.yaml`) as { config: Record<string, unknown> }
  return { ...asExample(stack, config), ...Object.fromEntries(Object.entries(changes).map(([key, value]) => [`freight-rates:${key}`, value])) }
}

/** Returns the settings of the project, by key without the project's name. */
export const ownSettings = (config: Record<string, unknown>): Record<string, any> => Object.fromEntries(Object.entries(config)
  .filter(([key]) => key.startsWith('freight-rates:')).map(([key, value]) => [key.slice('freight-rates:'.length), value]))

/** Returns the checked settings of a stack, with example values for an account's own settings. */
export const settingsOf = (stack: string): Config => checkConfig(ownSettings(configOf(stack)), stack, 'eu-west-1')
