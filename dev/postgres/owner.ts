import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '../failure.ts'

/** The account that the PostgreSQL server runs under. */
export type Owner = { name: string, uid: number, gid: number }

/**
 * PostgreSQL refuses to run as root, so root's server runs as the system user `postgres`, made here where it is missing.
 * Everybody else runs it as themselves: then the answer is undefined.
 */
export function serverOwner (): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  const found = existingOwner()
  if (found) return found
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'], { stdio: 'pipe' })
  } catch {} // what matters is whether the user is there now
  const created = existingOwner()
  if (!created) {
    throw new Failure('PostgreSQL does not run as root, and the user "postgres" could not be created with useradd: ' +
      'create it yourself, or run this as a normal user.')
  }
  return created
}

/** The same, without making the user. */
export function existingOwner (): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [user, , uid, gid] = line.split(':')
    if (user === 'postgres') return { name: user, uid: Number(uid), gid: Number(gid) }
  }
}

/** Whether `owner` may walk into the folder: root's home, say, is closed to all others (mode 700). */
export function canEnter (folder: string, owner: Owner): boolean {
  for (let path = folder; ; path = dirname(path)) {
    const { mode, uid, gid } = statSync(path)
    const may = uid === owner.uid ? mode & 0o100 : gid === owner.gid ? mode & 0o010 : mode & 0o001
    if (!may) return false
    if (path === dirname(path)) return true
  }
}
