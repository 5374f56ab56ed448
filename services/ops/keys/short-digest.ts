import type { ApiKey } from '../../../lib/api-keys/api-keys.ts'

/** Returns the first 8 characters of a key's digest, by which operators name the key. */
export const shortDigest = ({ sha256 }: ApiKey): string => sha256.slice(0, 8)
