import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** This code's version, from package.json: `major.minor.patch`. */
export const release: string =
  (JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }).version

/** Negative when `a` is older than `b`, 0 when they are the same, positive when newer. */
export function compareReleases (a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)]
  for (let i = 0; i < 3; i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!
  }
  return 0
}
