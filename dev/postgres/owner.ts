import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '../failure.ts'

/** The account that the PostgreSQL server runs under. */
export type Owner = { name: string, uid: number, gid: number }

/**
 * Returns the system user `postgres` for root, since PostgreSQL refuses to run as root. Creates the user if it does not exist.
 * Returns undefined for every other user, who runs the server itself.
 */
export function serverOwner (): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  const found = existingOwner()
  if (found) return found
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'], { stdio: 'pipe' })
  } catch {} // the check below decides: another process may have created the user
  const created = existingOwner()
  if (!created) {
    throw new Failure('PostgreSQL does not run as root, and the user "postgres" could not be created with useradd: ' +
      'create it yourself, or run this as a normal user.')
  }
  return created
}

/** Returns the same user without creating it. */
export function existingOwner (): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [user, , uid, gid] = line.split(':')
    if (user === 'postgres') return { name: user, uid: Number(uid), gid: Number(gid) }
  }
}

/** Returns whether `owner` may enter the folder. Root's home, for example, has mode 700. */
export function canEnter (folder: string, owner: Owner): boolean {
  for (let path = folder; ; path = dirname(path)) {
    const { mode, uid, gid } = statSync(path)
    const may = uid === owner.uid ? mode & 0o100 : gid === owner.gid ? mode & 0o010 : mode & 0o001
    if (!may) return false
    if (path === dirname(path)) return true
  }
}
