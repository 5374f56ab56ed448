import { mediaTypes, type Format } from '../../lib/batch/batch.ts'
import type { ProfileOfBatch } from '../../lib/batch/profile.ts'
import type { Store } from '../../lib/batch/store/store.ts'
import { Problem } from '../../lib/http/problem.ts'

/** Returns the current version of the profile that a request names. Needs no database. Throws `unknown-profile` and `store-unavailable`. */
export async function findProfile (store: Store, provider: string, name: string | undefined): Promise<ProfileOfBatch | undefined> {
  if (name === undefined) return undefined
  const stored = await store.readProfile(provider, name).catch(cause => {
    throw new Problem('store-unavailable', 'The profile cannot be read; send the batch again', { cause })
  })
  if (!stored) throw unknownProfile(name)
  return { name, version: stored.version, ...stored.profile }
}

export const unknownProfile = (name: string): Problem => new Problem('unknown-profile', `You have no profile ${name}`)

/** Formats whose rows have our names and no dialect. */
const withoutColumns: ReadonlyArray<Format | null> = ['ndjson', 'json']

/** Returns `invalid-parameters` for a profile of a format that it says nothing about. A worker refuses such a file in a ZIP file. */
export function refusalOf (profile: ProfileOfBatch | undefined, format: Format | null): Problem | null {
  if (!profile || !withoutColumns.includes(format)) return null
  const message = `a profile is for files of columns, such as ${mediaTypes.csv}, not for ${mediaTypes[format!]}`
  return new Problem('invalid-parameters', `Invalid querystring: ${message}`, { members: { errors: [{ parameter: 'profile', code: 'malformed', message }] } })
}
