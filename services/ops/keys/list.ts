import { command } from '../command.ts'
import { table } from '../table.ts'
import { shortDigest } from './short-digest.ts'

export const listKeys = command({
  name: 'keys list',
  summary: 'Shows the API keys: provider, scopes, the first 8 characters of the SHA-256, and the creation time.',
  details: 'A key that `keys add` did not create has no time.',
  options: {},
  runs: 'terminal',
  async run ({ system }) {
    const { openKeyList } = await import('./open-key-list.ts')
    const keys = await openKeyList(await system()).read()
    console.log(keys.length === 0
      ? 'There are no keys.'
      : table(['provider', 'scopes', 'sha256', 'created'],
        keys.toSorted((a, b) => a.provider < b.provider ? -1 : 1).map(key => [key.provider, key.scopes.join(','), shortDigest(key), key.created_at ?? null])))
  },
})
