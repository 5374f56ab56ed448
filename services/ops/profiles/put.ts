import { Value } from 'typebox/value'
import { profileFaults, profileMaxBytes, profileNamePattern, Profile } from '../../../lib/batch/profile.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { actorOf, by } from '../options.ts'
import { readInput } from '../reference/read-input.ts'
import { ofProvider, profileName } from './options.ts'

export const putProfile = command({
  name: 'profiles put',
  summary: 'Creates or changes a profile of a provider. The same content again changes nothing.',
  details: 'Batches that were accepted with an earlier version keep that version.',
  operand: profileName,
  options: {
    provider: ofProvider,
    file: { type: 'string', value: 'FILE', file: true, summary: 'The profile as JSON (docs/sending-batches.md#profiles)', required: true },
    by,
  },
  runs: 'task',
  async run ({ operands: [name = ''], values: { provider, file, by }, system }) {
    if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(provider)) throw new CommandError('--provider must have 1 to 63 lower-case letters, digits and -, and must not begin with -.', 2)
    if (!new RegExp(profileNamePattern).test(name)) throw new CommandError('NAME must have 1 to 64 lower-case letters, digits and -.', 2)
    const profile = parse(file, await readInput(file, system) ?? '')
    const { name: actor } = await actorOf({ why: '', by })
    const store = await (await system()).store()
    const { version, isNew } = await store.writeProfile(provider, name, profile, actor, () => {}).catch(error => {
      throw error instanceof Problem ? new CommandError(error.message) : error
    })
    console.log(`${isNew ? 'New profile' : 'Profile'} ${name} of ${provider}: version ${version}`)
  },
})

/** Parses a profile. Throws CommandError that names each fault. */
function parse (file: string, text: string): Profile {
  if (Buffer.byteLength(text) > profileMaxBytes) throw new CommandError(`${file} has more than ${profileMaxBytes} bytes.`)
  let profile: unknown
  try {
    profile = JSON.parse(text)
  } catch (error) {
    throw new CommandError(`${file} is not JSON: ${(error as Error).message}`)
  }
  const malformed = [...Value.Errors(Profile, profile)].map(({ instancePath, message }) => `${instancePath.slice(1).replaceAll('/', '.') || 'the profile'} ${message}`)
  const faults = malformed.length > 0 ? malformed : profileFaults(profile as Profile).map(({ parameter, message }) => `${parameter} ${message}`)
  if (faults.length > 0) throw new CommandError(`${file}: ${faults.join('; ')}`)
  return profile as Profile
}
