import { command } from '../command.ts'
import { table } from '../table.ts'
import { ofProvider } from './options.ts'

export const listProfiles = command({
  name: 'profiles list',
  summary: 'Lists the profiles of a provider: how its files are read.',
  options: { provider: ofProvider },
  runs: 'task',
  async run ({ values: { provider }, system }) {
    const profiles = await (await (await system()).store()).listProfiles(provider)
    console.log(profiles.length === 0
      ? `${provider} has no profile.`
      : table(['name', 'version', 'changed', 'by'], profiles.map(({ name, version, changedAt, by }) => [name, version, changedAt, by])))
  },
})
