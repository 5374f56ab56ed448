import { execFileSync } from 'node:child_process'
import { chownSync, closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import { serverOwner } from '../../../dev/postgres/owner.ts'

export type Disk = {
  /** The folder of the tablespace. */
  space: string
  /** Fills the disk to the last byte. */
  fill: () => void
  /** Frees the space. */
  free: () => void
  remove: () => void
}

/** Moves the prices of 2021-01 to a small disk that can be filled. Returns null if this user may not mount one. */
export async function limitedDisk (sql: Sql, folder: string): Promise<Disk | null> {
  const mounted = join(folder, 'disk')
  mkdirSync(mounted, { mode: 0o755 })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m,mode=755', 'tmpfs', mounted], { stdio: 'pipe' })
  } catch {
    return null
  }
  const space = join(mounted, 'space')
  const ballast = join(mounted, 'ballast')
  mkdirSync(space, { mode: 0o700 })
  const owner = serverOwner()
  if (owner) chownSync(space, owner.uid, owner.gid)
  await sql.unsafe(`create tablespace small location '${space}'`)
  for (const table of ['unmerged_prices', 'merged_prices_2021_01', 'batch_lanes']) await sql.unsafe(`alter table ${table} set tablespace small`)
  const free = (): void => rmSync(ballast, { force: true })
  return {
    space,
    fill () {
      const file = openSync(ballast, 'a')
      for (let size = 1 << 20; size >= 512;) {
        try {
          if (writeSync(file, Buffer.alloc(size)) < size) throw new Error('full')
        } catch {
          size /= 2
        }
      }
      closeSync(file)
    },
    free,
    remove () {
      execFileSync('umount', ['-l', mounted])
    },
  }
}
