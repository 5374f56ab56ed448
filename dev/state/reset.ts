import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { isOwners, realPath, type State } from './folder.ts'
import { lockName } from './lock.ts'
import { markerFileName } from './marker-file.ts'

/**
 * Deletes the contents of the state folder, except the lock of the current process. Returns the number of deleted entries.
 * Throws a Failure for a folder that `npm start` has not created, because STATE_DIR may name a folder with other files.
 */
export function resetState ({ folder }: State, defaultFolder: string): number {
  // A release without marker files left PostgreSQL's passwords beside its data.
  const isOurs = existsSync(join(folder, markerFileName)) || ['passwords.json', 'postgres'].every(name => existsSync(join(folder, name))) || isOwners(folder) || folder === realPath(defaultFolder)
  if (!isOurs) {
    throw new Failure(`${folder} is not reset: \`npm start\` did not make this folder, and it may hold something else. Delete its contents yourself, or name another with STATE_DIR.`)
  }
  const names = readdirSync(folder).filter(name => name !== markerFileName && !lockName.test(name))
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true })
  mkdirSync(join(folder, 'diagnostics'), { mode: 0o700 })
  return names.filter(name => name !== 'diagnostics').length
}
