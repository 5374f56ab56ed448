import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Removes the metadata of objects, uploads and parts that a kill -9 left half-written, since fauxqs would not start with
 * them. No client knows these objects: the response to a PUT follows the write.
 */
export function removeTornFiles (folder: string): void {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && entry.name.endsWith('.json') && !isJson(path)) rmSync(path)
  }
}

function isJson (path: string): boolean {
  try {
    JSON.parse(readFileSync(path, 'utf8'))
    return true
  } catch {
    return false
  }
}
