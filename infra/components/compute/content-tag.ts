import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What the Dockerfile copies, and what it is sent by .dockerignore. */
const sources = ['Dockerfile', '.dockerignore', '.npmrc', 'package.json', 'package-lock.json', 'services', 'sql', 'dev/emulator', 'docker']

/** A tag that is the same for the same files and another for others, since tags of the registry are given once. */
export function contentTag (root: string, architecture: string): string {
  const digest = createHash('sha256').update(architecture)
  for (const file of sources.flatMap(source => filesBelow(root, source))) digest.update(`\0${file}\0`).update(readFileSync(join(root, file)))
  return digest.digest('hex').slice(0, 20)
}

function filesBelow (root: string, path: string): string[] {
  if (!existsSync(join(root, path))) return []
  if (!statSync(join(root, path)).isDirectory()) return [path]
  return readdirSync(join(root, path)).sort().flatMap(name => filesBelow(root, `${path}/${name}`))
}
