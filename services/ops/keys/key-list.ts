import { InvalidConfig } from '../../../lib/process/config.ts'
import { reasonOf } from '../../../lib/process/failures.ts'
import { parseKeys, type ApiKey } from '../../../lib/api-keys/api-keys.ts'
import { CommandError } from '../command-error.ts'

/** The list of API keys, where it is stored. */
export type KeyList = {
  read: () => Promise<ApiKey[]>
  /**
   * Replaces the list by what `change` returns. When another command changes the list meanwhile, `change` is called again with the new
   * list, so that no change is lost. `change` returns its argument where nothing is left to do. Throws CommandError. Throws UnknownResult when
   * the response to the change was lost and the list cannot be read again.
   */
  update: (change: (keys: readonly ApiKey[]) => readonly ApiKey[]) => Promise<void>
}

/** It is not known whether the list was changed: no response came to the change, and a second look did not decide it. */
export class UnknownResult extends Error {
  constructor (cause: unknown) {
    super(`The change of the list failed: ${reasonOf(cause)}`, { cause })
  }
}

/**
 * Replaces the list. Throws CommandError with `unknown`, which names the key and what to do next, when it is not known whether the list was
 * changed. Commands use this function in place of the list's own `update`.
 */
export async function updateList (list: KeyList, change: Parameters<KeyList['update']>[0], unknown: () => string): Promise<void> {
  try {
    await list.update(change)
  } catch (error) {
    if (!(error instanceof UnknownResult)) throw error
    throw new CommandError(`${error.message}. ${unknown()}`)
  }
}

/** Parses a list as the processes do. Throws CommandError that says what is wrong, and nothing of the keys. */
export function readKeys (text: string, environment: string, place: string): ApiKey[] {
  try {
    return parseKeys(text || 'nothing', environment)
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error
    throw new CommandError(`${place} is not a list of keys that the processes accept: ${error.problems.join('; ')}. See docs/runbook.md, api-keys-stale.`)
  }
}
