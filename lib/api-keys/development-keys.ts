import { createHash } from 'node:crypto'

const digests = ['development', 'development-2', 'development-admin'].map(key => createHash('sha256').update(key).digest('hex'))

/** Returns true for the digest of a development key. Only ENVIRONMENT=local accepts these keys. */
export const isDevelopmentKey = (sha256: string): boolean => digests.includes(sha256)
