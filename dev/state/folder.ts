import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Failure } from '../failure.ts'
import { canEnter, existingOwner, serverOwner, type Owner } from '../postgres/owner.ts'
import { writeMarkerFile } from './marker-file.ts'

export type State = {
  folder: string
  /** Unique to this folder. It is the name of the PostgreSQL cluster, by which its processes are found. */
  name: string
  /** The account of the PostgreSQL server, if it differs from the current user. */
  owner: Owner | undefined
}

/** Finds or creates the state folder, for `npm start`. */
export function openState (stateDir: string): State {
  serverOwner()
  const state = createFolder(locateState(stateDir))
  // With a strict umask, the new parent folders may be closed to PostgreSQL's user.
  const reachable = locateState(stateDir)
  return reachable.folder === state.folder ? state : createFolder(reachable)
}

function createFolder (state: State): State {
  const { folder, owner } = state
  try {
    if (!existsSync(folder)) {
      mkdirSync(folder, { recursive: true })
      // PostgreSQL's user must pass through to its own folder. Nobody else can list this folder, and its entries are private.
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
 * Returns the state at `stateDir`. If PostgreSQL's user cannot enter `stateDir` (root's closed home), returns a folder of that
 * user, one for each `stateDir`.
 */
export function locateState (stateDir: string): State {
  const owner = existingOwner()
  const requested = realPath(stateDir)
  const name = `freight-rates-${createHash('sha256').update(requested).digest('hex').slice(0, 12)}`
  const folder = owner && !canEnter(nearestExisting(requested), owner) ? join(ownersFolders, name) : requested
  return { folder, name, owner }
}

const ownersFolders = '/var/lib'
/** Returns whether the folder belongs to PostgreSQL's user, in place of one that this user cannot enter. */
export const isOwners = (folder: string): boolean => dirname(folder) === ownersFolders && basename(folder).startsWith('freight-rates-')

/** Returns the canonical path, so that two spellings of one folder are equal, even if it does not exist yet. */
export function realPath (path: string): string {
  return existsSync(path) ? realpathSync(path) : join(realPath(dirname(path)), basename(path))
}

const nearestExisting = (path: string): string => existsSync(path) ? path : nearestExisting(dirname(path))
