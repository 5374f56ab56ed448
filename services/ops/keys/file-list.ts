import { open, readFile, rename, rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { ApiKey } from '../../../lib/api-keys/api-keys.ts'
import { CommandError } from '../command-error.ts'
import type { KeyList } from './key-list.ts'
import { readKeys } from './read-keys.ts'

/** Maximum wait for another command that changes the file, in ms. */
const lockMs = 10_000

/** Opens the list of keys in a file. A lock file serializes the commands that change the list. */
export function openFileList (path: string, environment: string): KeyList {
  return {
    read: () => readList(path, environment),
    async update (change) {
      const unlock = await lock(`${path}.lock`)
      try {
        const keys = await readList(path, environment)
        const changed = change(keys)
        if (changed !== keys) await writeList(path, changed, environment)
      } finally {
        await unlock()
      }
    },
  }
}

async function readList (path: string, environment: string): Promise<ApiKey[]> {
  let text
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}.`)
  }
  return readKeys(text, environment, path)
}

/**
 * Writes the list to another file of mode 600 and renames it, so that a reader sees the old or the new list. Throws CommandError for a
 * list that the services would refuse.
 */
export async function writeList (path: string, keys: readonly ApiKey[], environment: string): Promise<void> {
  const text = `${JSON.stringify(keys, null, 2)}\n`
  readKeys(text, environment, 'The changed list')
  const unfinished = `${path}.unfinished`
  await rm(unfinished, { force: true }) // a killed command may have left the file
  const file = await open(unfinished, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(unfinished, path)
}

/** Creates the lock file and returns a function that removes it. Throws CommandError if another command holds the lock for too long. */
async function lock (path: string): Promise<() => Promise<void>> {
  for (const endsAt = performance.now() + lockMs; ;) {
    try {
      await (await open(path, 'wx', 0o600)).close()
      return () => rm(path, { force: true })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EEXIST') throw new CommandError(`${path} cannot be created: ${code}.`)
      if (performance.now() > endsAt) throw new CommandError(`Another command is changing the keys, or was interrupted: if none is running, remove ${path}.`)
      await pause(20)
    }
  }
}
