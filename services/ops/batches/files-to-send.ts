import { lstatSync, readdirSync, statSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { pathFromCaller } from '../../../lib/process/npm.ts'
import { CommandError } from '../command-error.ts'
import { mayHavePrices } from './media-type.ts'

/** `skipped` says why a file of a folder is not sent. */
export type FileToSend = { path: string, skipped?: string }

/**
 * Returns the files that are named, and the files of the folders that are named, in the order of their names. Folders in a folder, links and files
 * that have no prices by their names are skipped; files that programs hide are not mentioned. Throws CommandError for a path that cannot be read.
 */
export function filesToSend (paths: readonly string[]): FileToSend[] {
  return paths.flatMap(path => isFolder(path) ? filesOfFolder(path) : { path })
}

function filesOfFolder (folder: string): FileToSend[] {
  const entries = readdirSync(pathFromCaller('ops', folder), { withFileTypes: true }).filter(({ name }) => !/^[.~]/.test(name))
  return entries.toSorted((a, b) => a.name < b.name ? -1 : 1).map(entry => {
    const [path, skipped] = [join(folder, entry.name), reasonToSkip(entry)]
    return skipped === undefined ? { path } : { path, skipped }
  })
}

function reasonToSkip (entry: Dirent): string | undefined {
  if (entry.isSymbolicLink()) return 'it is a link'
  if (entry.isDirectory()) return 'it is a folder'
  return entry.isFile() && mayHavePrices(entry.name) ? undefined : 'its name does not end as that of a price file'
}

function isFolder (path: string): boolean {
  const local = pathFromCaller('ops', path)
  const stats = statSync(local, { throwIfNoEntry: false })
  if (!stats) throw new CommandError(`${path} cannot be read: ENOENT`)
  if (!stats.isDirectory()) return false
  if (lstatSync(local).isSymbolicLink()) throw new CommandError(`${path} is a link to a folder: name the folder itself.`)
  return true
}
