import type { Manifest } from '../batch.ts'

/**
 * The manifest of a batch from its text in the store; its own id may be another than the one that it was asked by (decision 0022).
 * Throws `INVALID_MANIFEST` when it is none: something else lies in its place. Throws `MANIFEST_VERSION` for one of a newer release,
 * which workers of that release can read.
 */
export function parseManifest (id: string, text: string): Manifest {
  let manifest: Partial<Manifest> & { version?: unknown } | null
  try {
    manifest = JSON.parse(text) as typeof manifest
  } catch {
    manifest = null
  }
  if (typeof manifest?.version === 'number' && manifest.version > 1) {
    throw Object.assign(new Error(`The manifest of batch ${id} has version ${manifest.version}`), { code: 'MANIFEST_VERSION' })
  }
  const isManifest = manifest?.version === 1 && /^[0-9a-f]{64}$/.test(String(manifest.id)) && typeof manifest.provider === 'string' &&
    typeof manifest.digest === 'string' && typeof manifest.payload?.key === 'string'
  if (!isManifest) throw Object.assign(new Error(`The manifest of batch ${id} cannot be parsed`), { code: 'INVALID_MANIFEST' })
  return manifest as Manifest
}
