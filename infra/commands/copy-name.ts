import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { Refused } from './pulumi.ts'

/** The stacks that are here to stay. */
const permanentStacks = ['dev', 'staging', 'prod']
const root = join(import.meta.dirname, '../..')

/** The settings of a stack. */
export const fileOf = (name: string): string => join(root, `Pulumi.${name}.yaml`)

/** Throws Refused for a name that cannot be a copy's. */
export function requireCopyName (name: string): void {
  if (permanentStacks.includes(name)) throw new Refused(`"${name}" is no short-lived copy: work on it by \`pulumi\` itself.`)
  if (!/^[a-z][a-z0-9-]{0,11}$/.test(name)) throw new Refused(`"${name}" is no name for a stack: at most 12 lower-case letters, digits and -, a letter first.`)
}

/**
 * Throws Refused for a stack whose settings have no last day: `stack init` made it to stay, and a copy's commands would end or shrink it.
 * A stack without settings here passes.
 */
export function requireLastDay (name: string): void {
  if (!existsSync(fileOf(name))) return
  const { config } = parse(readFileSync(fileOf(name), 'utf8')) as { config?: Record<string, unknown> }
  if (config?.['freight-rates:expires'] === undefined) {
    throw new Refused(`"${name}" is no short-lived copy: Pulumi.${name}.yaml has no freight-rates:expires. Work on it by \`pulumi\` itself (docs/aws.md).`)
  }
}
