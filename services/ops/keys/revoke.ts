import type { ApiKey } from '../../../lib/api-keys/api-keys.ts'
import { isDevelopmentKey } from '../../../lib/api-keys/development-keys.ts'
import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { updateList } from './key-list.ts'

export const revokeKey = command({
  name: 'keys revoke',
  summary: 'Revokes an API key.',
  operand: { value: 'SHA256', summary: 'The first 8 or more characters of the key\'s SHA-256, as `keys list` shows them' },
  options: {},
  runs: 'terminal',
  async run ({ operands: [prefix = ''], system }) {
    // The operand may be the key itself, so the message does not print it.
    if (!/^[0-9a-f]{8,64}$/.test(prefix)) throw new CommandError('SHA256 must be 8 to 64 characters of 0-9 and a-f, as `keys list` shows them, not the key itself.', 2)
    const { openKeyList } = await import('./open-key-list.ts')
    const list = openKeyList(await system())
    let revoked: ApiKey | undefined
    await updateList(list, keys => {
      revoked ??= find(keys, prefix)
      const others = keys.filter(({ sha256 }) => sha256 !== revoked!.sha256)
      return others.length === keys.length ? keys : others // an earlier attempt succeeded, and its response was lost
    }, () => `It is unknown whether the key ${prefix} of ${revoked!.provider} is still in the list. ` +
      `Next, with the same --stack: \`npm run ops -- keys list\`. If the list has the key: \`npm run ops -- keys revoke ${prefix}\` again.`)
    console.log(`The key ${prefix} of ${revoked!.provider} is revoked. The APIs refuse it within ${list.seconds} s.`)
  },
})

/** Returns the key whose digest begins with `prefix`. Throws CommandError for no key, for several keys, and for a development key. */
function find (keys: readonly ApiKey[], prefix: string): ApiKey {
  const [found, ...more] = keys.filter(({ sha256 }) => sha256.startsWith(prefix))
  if (!found) throw new CommandError(`There is no key whose SHA-256 begins with ${prefix}: \`keys list\` shows the keys.`)
  if (more.length > 0) throw new CommandError(`${prefix} is ambiguous: ${[found, ...more].map(({ provider, sha256 }) => `${sha256} of ${provider}`).join(', ')}.`)
  if (isDevelopmentKey(found.sha256)) throw new CommandError('This is a development key: `npm start` writes it again at each start, and no other environment accepts it.')
  return found
}
