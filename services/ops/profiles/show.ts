import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { ofProvider, profileName } from './options.ts'

export const showProfile = command({
  name: 'profiles show',
  summary: 'Prints a profile as JSON, or one of its versions. The versions of a deleted profile are kept.',
  operand: profileName,
  options: {
    provider: ofProvider,
    version: { type: 'string', value: 'VERSION', summary: 'The version, as "understood" of a batch has it; without it the current one' },
  },
  runs: 'task',
  async run ({ operands: [name = ''], values: { provider, version }, system }) {
    const store = await (await system()).store()
    const profile = version === undefined
      ? (await store.readProfile(provider, name))?.profile
      : await store.readProfileVersion(provider, name, version)
    if (!profile) throw new CommandError(`${provider} has no profile ${name}${version === undefined ? '' : ` of version ${version}`}.`)
    console.log(JSON.stringify(profile, null, 2))
  },
})
