import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The version of this code, from package.json: `major.minor.patch`. */
export const release: string =
  (JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }).version

/** Returns a negative number if `a` is older than `b`, 0 if both are equal, and a positive number if `a` is newer. */
export function compareReleases (a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)]
  for (let i = 0; i < 3; i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!
  }
  return 0
}
