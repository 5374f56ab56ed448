import { createHash, randomBytes } from 'node:crypto'
import type { ApiKey } from '../../../lib/api-keys/api-keys.ts'
import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { updateList } from './key-list.ts'
import { readScopes, scopeSummary } from './scopes.ts'
import { shortDigest } from './short-digest.ts'

const maxPerProvider = 2

export const addKey = command({
  name: 'keys add',
  summary: 'Creates an API key for a provider and prints it once.',
  details: `With \`npm run -s ops -- …\` the key is the only line on standard output. Without \`-s\`, npm adds two lines.
Only its SHA-256 is stored. A provider has at most ${maxPerProvider} keys, so that one can be replaced while the other works.`,
  operand: { value: 'PROVIDER', summary: 'The provider\'s name: lower-case letters, digits and -; for a key with scope admin, the operator\'s name in the audit' },
  options: {
    scope: { type: 'string', value: 'SCOPE', summary: `The scopes of the key: ${scopeSummary}; several are separated by commas`, required: true },
  },
  runs: 'terminal',
  async run ({ operands: [provider = ''], values: { scope }, system }) {
    if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(provider)) throw new CommandError('PROVIDER must have 1 to 63 lower-case letters, digits and -, and must not begin with -.', 2)
    const scopes = readScopes(scope)
    const { openKeyList } = await import('./open-key-list.ts')
    const list = openKeyList(await system())
    const key = randomBytes(32).toString('base64url')
    const added: ApiKey = { provider, sha256: createHash('sha256').update(key).digest('hex'), scopes, created_at: new Date().toISOString() }
    await updateList(list, keys => {
      if (keys.some(({ sha256 }) => sha256 === added.sha256)) return keys // an earlier attempt succeeded, and its response was lost
      const others = keys.filter(known => known.provider === provider)
      if (others.length >= maxPerProvider) {
        throw new CommandError(`${provider} already has the maximum of ${others.length} keys: ${others.map(shortDigest).join(', ')}. Revoke one first.`)
      }
      return [...keys, added]
    }, () => `It is unknown whether the list has the new key of ${provider}. Its SHA-256 begins with ${shortDigest(added)}, and the key is not printed. ` +
      `Next, with the same --stack: \`npm run ops -- keys list\`. If ${shortDigest(added)} is in the list: \`npm run ops -- keys revoke ${shortDigest(added)}\`. Then add a key again.`)
    console.log(key)
    console.error(`This is the key of ${provider} (${scopes.join(', ')}). It is shown once: store it now. Its SHA-256 begins with ${shortDigest(added)}. The APIs accept it within ${list.seconds} s.`)
  },
})
