import { join } from 'node:path'
import { Refused } from './pulumi.ts'

/** The stacks that are here to stay. */
const lasting = ['dev', 'staging', 'prod']
const root = join(import.meta.dirname, '../..')

/** The settings of a stack. */
export const fileOf = (name: string): string => join(root, `Pulumi.${name}.yaml`)

/** Throws Refused for a name that cannot be a copy's. */
export function requireCopyName (name: string): void {
  if (lasting.includes(name)) throw new Refused(`"${name}" is no short-lived copy: work on it by \`pulumi\` itself.`)
  if (!/^[a-z][a-z0-9-]{0,11}$/.test(name)) throw new Refused(`"${name}" is no name for a stack: at most 12 lower-case letters, digits and -, a letter first.`)
}
