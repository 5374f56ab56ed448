import { Value } from 'typebox/value'
import { isWithdrawal, type AnyManifest, type Manifest } from '../batch.ts'
import { profileFaults, ProfileOfBatch } from '../profile.ts'

/**
 * Parses the manifest of a batch. The id in the manifest may differ from the requested `id` (decision 0022). Throws `INVALID_MANIFEST` if
 * `text` is not a manifest. Throws `MANIFEST_VERSION` for a manifest of a newer release, which workers of that release can read.
 */
export function parseManifest (id: string, text: string): AnyManifest {
  let manifest: Partial<Record<string, unknown> & { payload: { key?: unknown }, actor: { name?: unknown } }> | null
  try {
    manifest = JSON.parse(text) as typeof manifest
  } catch {
    manifest = null
  }
  if (typeof manifest?.version === 'number' && manifest.version > 3) {
    const { version } = manifest
    throw Object.assign(new Error(`The manifest of batch ${id} has version ${version}`), { code: 'MANIFEST_VERSION', version })
  }
  const isAccepted = manifest !== null && [1, 2, 3].includes(manifest.version as number) && isId(manifest.id) && typeof manifest.provider === 'string'
  const isManifest = isAccepted && (manifest!.mode === 'withdraw'
    ? isId(manifest!.target) && typeof manifest!.actor?.name === 'string'
    : typeof manifest!.digest === 'string' && typeof manifest!.payload?.key === 'string' && isReplaces(manifest!.replaces) &&
      (manifest!.profile === undefined || (manifest!.version === 3 && isProfile(manifest!.profile))))
  if (!isManifest) throw Object.assign(new Error(`The manifest of batch ${id} cannot be parsed`), { code: 'INVALID_MANIFEST' })
  return manifest as unknown as AnyManifest
}

/** Returns the manifest of a batch with prices. Throws `INVALID_MANIFEST` for a withdrawal: its id is never that of a batch with prices. */
export function withPrices (manifest: AnyManifest): Manifest {
  if (isWithdrawal(manifest)) throw Object.assign(new Error(`Batch ${manifest.id} is a withdrawal`), { code: 'INVALID_MANIFEST' })
  return manifest
}

const isProfile = (value: unknown): boolean => Value.Check(ProfileOfBatch, value) && profileFaults(value).length === 0
const isId = (value: unknown): boolean => /^[0-9a-f]{64}$/.test(String(value))
const isReplaces = (value: unknown): boolean => value === undefined || value === 'previous' || (Array.isArray(value) && value.every(isId))
