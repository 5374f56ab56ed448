import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The build context that .dockerignore admits, and the files that say how the image is built. */
const sources = ['Dockerfile', '.dockerignore', '.npmrc', 'package.json', 'package-lock.json', 'lib', 'services', 'sql', 'dev/emulator', 'docker']

/** Returns a tag that is the same for the same files and differs for others. The registry's tags are immutable. */
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
