import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { Failure } from '../failure.ts'

/** Writes another file and renames it, so that nobody reads half of it and a kill -9 leaves the old or the new file. Mode 600. */
export function writePrivateJson (path: string, value: unknown): void {
  const unfinished = `${path}.unfinished`
  writeFileSync(unfinished, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true })
  renameSync(unfinished, path)
}

/** Returns undefined if the file does not exist. Throws a Failure if the file is invalid. */
export function readPrivateJson<T> (path: string): T | undefined {
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch (error) {
    throw new Failure(`${path} cannot be read (${(error as Error).message}): remove the state folder to start with an empty database.`)
  }
}
