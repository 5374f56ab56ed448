import { InvalidConfig } from '../../runtime/config.ts'
import { parseKeys, type ApiKey } from '../../runtime/keys.ts'
import { CommandError } from '../command.ts'

/** The list of API keys, where it is stored. */
export type KeyList = {
  read: () => Promise<ApiKey[]>
  /**
   * Replaces the list by what `change` returns. When another command changes the list meanwhile, `change` is called again with the new
   * list, so that no change is lost. `change` returns its argument where nothing is left to do. Throws CommandError.
   */
  update: (change: (keys: readonly ApiKey[]) => readonly ApiKey[]) => Promise<void>
}

/** Parses a list as the processes do. Throws CommandError that says what is wrong, and nothing of the keys. */
export function readKeys (text: string, environment: string, place: string): ApiKey[] {
  try {
    return parseKeys(text || 'nothing', environment)
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error
    throw new CommandError(`${place} is not a list of keys that the processes accept: ${error.problems.join('; ')}. See docs/runbook.md, api-keys-old.`)
  }
}
