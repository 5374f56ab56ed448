import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { ofProvider, profileName } from './options.ts'

export const deleteProfile = command({
  name: 'profiles delete',
  summary: 'Deletes a profile of a provider. Its versions are kept, and batches that were accepted with it are still read by it.',
  operand: profileName,
  options: { provider: ofProvider },
  runs: 'task',
  async run ({ operands: [name = ''], values: { provider }, system }) {
    const isDeleted = await (await (await system()).store()).deleteProfile(provider, name, () => {})
    if (!isDeleted) throw new CommandError(`${provider} has no profile ${name}.`)
    console.log(`The profile ${name} of ${provider} is deleted.`)
  },
})
