import type { Manifest } from '../batch.ts'

/**
 * Parses the manifest of a batch. The id in the manifest may differ from the requested `id` (decision 0022). Throws `INVALID_MANIFEST` if
 * `text` is not a manifest. Throws `MANIFEST_VERSION` for a manifest of a newer release, which workers of that release can read.
 */
export function parseManifest (id: string, text: string): Manifest {
  let manifest: Partial<Manifest> & { version?: unknown } | null
  try {
    manifest = JSON.parse(text) as typeof manifest
  } catch {
    manifest = null
  }
  if (typeof manifest?.version === 'number' && manifest.version > 1) {
    const { version } = manifest
    throw Object.assign(new Error(`The manifest of batch ${id} has version ${version}`), { code: 'MANIFEST_VERSION', version })
  }
  const isManifest = manifest?.version === 1 && /^[0-9a-f]{64}$/.test(String(manifest.id)) && typeof manifest.provider === 'string' &&
    typeof manifest.digest === 'string' && typeof manifest.payload?.key === 'string'
  if (!isManifest) throw Object.assign(new Error(`The manifest of batch ${id} cannot be parsed`), { code: 'INVALID_MANIFEST' })
  return manifest as Manifest
}
