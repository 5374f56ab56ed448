import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { realPath, type State } from './folder.ts'
import { lockName } from './lock.ts'
import { readPrivateJson, writePrivateJson } from './private-file.ts'

type Pairing = { id: string }

/**
 * Deletes a state outside the clone if the clone or its state folder was removed, so that a new clone begins with an empty state.
 * Both folders have a file with the same id. If the ids differ, the state is deleted. Returns whether there was a state.
 */
export function removeOrphanedState (state: State, stateDir: string): boolean {
  if (state.folder === realPath(stateDir)) return false
  const [cloneFile, stateFile] = [join(stateDir, 'elsewhere.json'), join(state.folder, 'clone.json')]
  const stored = readPrivateJson<Pairing>(stateFile)
  if (stored && stored.id === readPrivateJson<Pairing>(cloneFile)?.id) return false
  for (const name of readdirSync(state.folder)) if (!lockName.test(name)) rmSync(join(state.folder, name), { recursive: true })
  mkdirSync(join(state.folder, 'diagnostics'), { mode: 0o700 })
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const pairing: Pairing = { id: randomUUID() }
  writePrivateJson(stateFile, pairing)
  writePrivateJson(cloneFile, pairing)
  return stored !== undefined
}
