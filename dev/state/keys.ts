import { createHash } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError } from '../../services/ops/command-error.ts'
import { openFileList, writeList } from '../../services/ops/keys/file-list.ts'
import type { ApiKey } from '../../lib/api-keys/api-keys.ts'
import { Failure } from '../failure.ts'
import type { State } from './folder.ts'

const development = [
  { key: 'development', provider: 'demo', scopes: ['submit', 'read'] },
  { key: 'development-2', provider: 'demo-2', scopes: ['submit', 'read'] },
  { key: 'development-admin', provider: 'operator', scopes: ['admin'] },
] as const

/** API keys that only local systems accept. */
const developmentKeys = development.map(({ key, provider, scopes }): ApiKey =>
  ({ provider, sha256: createHash('sha256').update(key).digest('hex'), scopes: [...scopes] }))

/** Writes the file of API keys: the development keys and those of `npm run ops -- keys add`. Returns its path. */
export async function writeKeys (state: State): Promise<string> {
  const path = join(state.folder, 'api-keys.json')
  // Commands change the file only while the system runs. A lock at the start was left by a killed command.
  rmSync(`${path}.lock`, { force: true })
  try {
    const others = existsSync(path) ? (await openFileList(path, 'local').read()).filter(({ sha256 }) => !developmentKeys.some(key => key.sha256 === sha256)) : []
    await writeList(path, [...developmentKeys, ...others], 'local')
  } catch (error) {
    throw error instanceof CommandError ? new Failure(`${error.message} Without ${path} the next start begins with the development keys only.`) : error
  }
  return path
}
