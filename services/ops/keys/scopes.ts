import type { Scope } from '../../../lib/api-keys/api-keys.ts'
import { CommandError } from '../command-error.ts'

/** The values of --scope, and the scopes that each gives. A submit key also reads its own batches: `batches submit` waits for the result. */
const scopes: Record<string, Scope[]> = { submit: ['submit', 'read'], read: ['read'], rates: ['rates'], admin: ['admin'] }

export const scopeSummary = 'submit (send batches and read one\'s own), read (read one\'s own), rates (the rates API, if it requires keys) or admin (dead letters)'

/** Parses the value of --scope. Throws CommandError for an unknown scope. */
export function readScopes (text: string): Scope[] {
  const words = text.split(',')
  const unknown = words.find(word => !Object.hasOwn(scopes, word))
  if (unknown !== undefined) throw new CommandError(`--scope "${unknown}" is unknown. The scopes are ${Object.keys(scopes).join(', ')}; several are separated by commas.`, 2)
  return [...new Set(words.flatMap(word => scopes[word]!))]
}
