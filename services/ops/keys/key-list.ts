import type { ApiKey } from '../../../lib/api-keys/api-keys.ts'
import { reasonOf } from '../../../lib/process/failures.ts'
import { CommandError } from '../command-error.ts'

/** The stored list of API keys. */
export type KeyList = {
  read: () => Promise<ApiKey[]>
  /**
   * Replaces the list by the result of `change`. If another command changes the list meanwhile, `change` is called again with the new
   * list, so that no change is lost. `change` returns its argument if nothing is left to do. Throws CommandError. Throws UnknownResult if
   * the response to the change was lost and the list cannot be read again.
   */
  update: (change: (keys: readonly ApiKey[]) => readonly ApiKey[]) => Promise<void>
}

/** Thrown if it is unknown whether the list was changed: the response was lost, and reading the list again did not show the result. */
export class UnknownResult extends Error {
  constructor (cause: unknown) {
    super(`The change of the list failed: ${reasonOf(cause)}`, { cause })
  }
}

/**
 * Replaces the list. If it is unknown whether the list was changed, throws CommandError with `unknown`, which names the key and the next
 * step. Commands call this function instead of the list's own `update`.
 */
export async function updateList (list: KeyList, change: Parameters<KeyList['update']>[0], unknown: () => string): Promise<void> {
  try {
    await list.update(change)
  } catch (error) {
    if (!(error instanceof UnknownResult)) throw error
    throw new CommandError(`${error.message}. ${unknown()}`)
  }
}
