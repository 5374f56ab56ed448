import { parseKeys, type ApiKey } from '../../../lib/api-keys/api-keys.ts'
import { InvalidConfig } from '../../../lib/process/config.ts'
import { CommandError } from '../command-error.ts'

/** Parses a list as the services do. Throws CommandError that names the problems and shows no key. */
export function readKeys (text: string, environment: string, place: string): ApiKey[] {
  try {
    return parseKeys(text || 'nothing', environment)
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error
    throw new CommandError(`${place} is not a list of keys that the services accept: ${error.problems.join('; ')}. See docs/runbook.md, api-keys-stale.`)
  }
}
