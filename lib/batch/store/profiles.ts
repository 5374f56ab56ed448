import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { Problem } from '../../http/problem.ts'
import { atOnce } from '../../process/at-once.ts'
import { maxProfiles, profileText, profileVersion, type Profile } from '../profile.ts'
import { nullIfAbsent, statusOf } from './absent.ts'

/** The current version of a profile. */
export type StoredProfile = {
  version: string
  /** Who has written this version: the provider, or an operator. Not for providers. */
  by: string
  profile: Profile
}
export type ListedProfile = Pick<StoredProfile, 'version' | 'by'> & { name: string, /** ISO 8601, by the clock of the store. */ changedAt: string }

/** Throws if the current version, null if there is none, is not the one that the caller expects. */
export type ProfileCheck = (current: StoredProfile | null) => void

const readsAtOnce = 16
const maxTries = 3

/**
 * Opens the profiles of providers:
 * - `profiles/<provider>/<name>.json`: the current version of a profile.
 * - `profile-versions/<provider>/<name>/<version>.json`: the content of each version, also of a deleted profile. Never changed, never deleted.
 */
export function openProfiles (s3: S3Client, bucket: string) {
  const current = (provider: string, name: string) => ({ Bucket: bucket, Key: `profiles/${provider}/${name}.json` })
  const versionOf = (provider: string, name: string, version: string) => ({ Bucket: bucket, Key: `profile-versions/${provider}/${name}/${version}.json` })

  async function read (provider: string, name: string): Promise<{ stored: StoredProfile, etag: string } | null> {
    const found = await nullIfAbsent(s3.send(new GetObjectCommand(current(provider, name))))
    return found && { stored: JSON.parse(await found.Body!.transformToString()) as StoredProfile, etag: found.ETag! }
  }

  const readProfile = async (provider: string, name: string): Promise<StoredProfile | null> => (await read(provider, name))?.stored ?? null

  /** Returns one version of a profile, also of a deleted one. */
  async function readProfileVersion (provider: string, name: string, version: string): Promise<Profile | null> {
    const found = await nullIfAbsent(s3.send(new GetObjectCommand(versionOf(provider, name, version))))
    return found && JSON.parse(await found.Body!.transformToString()) as Profile
  }

  /**
   * Writes a version of a profile. The same content as the current version changes nothing. Throws the error of `check`, `too-many-profiles` for a
   * new profile, and the errors of the store.
   */
  async function writeProfile (
    provider: string, name: string, profile: Profile, by: string, check: ProfileCheck
  ): Promise<{ version: string, isNew: boolean }> {
    const version = profileVersion(profile)
    for (let tries = 1; ; tries++) {
      const before = await read(provider, name)
      check(before?.stored ?? null)
      if (before?.stored.version === version) return { version, isNew: false }
      if (!before) await checkCount(provider)
      await s3.send(new PutObjectCommand({ ...versionOf(provider, name, version), Body: profileText(profile), ContentType: 'application/json' }))
      const stored: StoredProfile = { version, by, profile }
      const condition = before ? { IfMatch: before.etag } : { IfNoneMatch: '*' }
      try {
        await s3.send(new PutObjectCommand({ ...current(provider, name), Body: JSON.stringify(stored), ContentType: 'application/json', ...condition }))
        return { version, isNew: !before }
      } catch (error) {
        const isConflict = [404, 409, 412].includes(statusOf(error) ?? 0) // a concurrent request has changed or deleted the profile
        if (!isConflict || tries === maxTries) throw error
      }
    }
  }

  async function checkCount (provider: string): Promise<void> {
    const { KeyCount = 0 } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `profiles/${provider}/`, MaxKeys: maxProfiles }))
    if (KeyCount >= maxProfiles) throw new Problem('too-many-profiles', `You have ${maxProfiles} profiles, which is the maximum: delete one first`)
  }

  /** Deletes a profile, not its versions. Returns false if there is none. Throws the error of `check`. */
  async function deleteProfile (provider: string, name: string, check: ProfileCheck): Promise<boolean> {
    const stored = await readProfile(provider, name)
    check(stored)
    if (stored) await s3.send(new DeleteObjectCommand(current(provider, name)))
    return stored !== null
  }

  /** Returns the profiles of a provider by name. */
  async function listProfiles (provider: string): Promise<ListedProfile[]> {
    const prefix = `profiles/${provider}/`
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix })) // a page has 1,000
    const profiles: ListedProfile[] = []
    await atOnce(readsAtOnce, Contents, async ({ Key, LastModified }) => {
      const name = Key!.slice(prefix.length, -'.json'.length)
      const stored = await readProfile(provider, name)
      if (stored) profiles.push({ name, version: stored.version, by: stored.by, changedAt: LastModified!.toISOString() })
    })
    return profiles.sort((a, b) => a.name < b.name ? -1 : 1)
  }

  return { readProfile, readProfileVersion, writeProfile, deleteProfile, listProfiles }
}
