import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Failure } from '../failure.ts'
import { canEnter, existingOwner, serverOwner, type Owner } from '../postgres/owner.ts'
import { writeMarkerFile } from './marker-file.ts'

export type State = {
  folder: string
  /** Unique to this folder: the PostgreSQL cluster's name, by which its processes are known. */
  name: string
  /** The account that PostgreSQL runs under, where it is another than ours. */
  owner: Owner | undefined
}

/** Finds the state folder, and makes it, for `npm start`. */
export function openState (stateDir: string): State {
  serverOwner()
  const state = createFolder(locateState(stateDir))
  // A strict umask may have made folders on the way that PostgreSQL's user cannot enter.
  const reachable = locateState(stateDir)
  return reachable.folder === state.folder ? state : createFolder(reachable)
}

function createFolder (state: State): State {
  const { folder, owner } = state
  try {
    if (!existsSync(folder)) {
      mkdirSync(folder, { recursive: true })
      // PostgreSQL's user has to get through to its own folder; nobody can list this one, and what is in it is closed.
      chmodSync(folder, owner && !isOwners(folder) ? 0o711 : 0o700)
    }
    if (readdirSync(folder).length === 0) writeMarkerFile(folder)
    if (owner && isOwners(folder)) chownSync(folder, owner.uid, owner.gid)
    mkdirSync(join(folder, 'diagnostics'), { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new Failure(`The state folder ${folder} cannot be created (${(error as Error).message}): choose another with STATE_DIR.`)
  }
  return state
}

/**
 * `stateDir`, or, where PostgreSQL's user cannot enter that (root below a closed home), a folder of that user's own,
 * one for each `stateDir`.
 */
export function locateState (stateDir: string): State {
  const owner = existingOwner()
  const requested = realPath(stateDir)
  const name = `freight-rates-${createHash('sha256').update(requested).digest('hex').slice(0, 12)}`
  const folder = owner && !canEnter(nearestExisting(requested), owner) ? join(ownersFolders, name) : requested
  return { folder, name, owner }
}

const ownersFolders = '/var/lib'
/** A folder of PostgreSQL's user, in place of one that this user cannot enter. */
export const isOwners = (folder: string): boolean => dirname(folder) === ownersFolders && basename(folder).startsWith('freight-rates-')

/** Two spellings of one folder are one folder, there or not there yet. */
export function realPath (path: string): string {
  return existsSync(path) ? realpathSync(path) : join(realPath(dirname(path)), basename(path))
}

const nearestExisting = (path: string): string => existsSync(path) ? path : nearestExisting(dirname(path))
