import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { Refused } from './pulumi.ts'
import { isStackName } from '../stack-name.ts'

/** Stacks that are not short-lived copies. */
const permanentStacks = ['dev', 'staging', 'prod']
const root = join(import.meta.dirname, '../..')

/** Returns the path of a stack's settings. */
export const fileOf = (name: string): string => join(root, `Pulumi.${name}.yaml`)

/** Throws Refused if a short-lived copy cannot have this name. */
export function requireCopyName (name: string): void {
  if (permanentStacks.includes(name)) throw new Refused(`"${name}" is no short-lived copy: use \`pulumi\` itself.`)
  if (!isStackName(name)) throw new Refused(`"${name}" is no name for a stack: at most 12 lower-case letters, digits and -, a letter first.`)
}

/**
 * Throws Refused for a stack whose settings have no last day. `stack init` created that stack permanently, and the commands
 * for copies would delete or shrink it. A stack without a local settings file passes.
 */
export function requireLastDay (name: string): void {
  if (!existsSync(fileOf(name))) return
  const { config } = parse(readFileSync(fileOf(name), 'utf8')) as { config?: Record<string, unknown> }
  if (config?.['freight-rates:expires'] === undefined) {
    throw new Refused(`"${name}" is no short-lived copy: Pulumi.${name}.yaml has no freight-rates:expires. Use \`pulumi\` itself (docs/aws.md).`)
  }
}
