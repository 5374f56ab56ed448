import { generate } from 'selfsigned'

export type Certificate = { cert: string, key: string }
export type Authority = {
  /** The authority's own certificate, which clients must trust. */
  cert: string
  /** Issues a server certificate for these host names or IPv4 addresses. */
  issue: (...names: string[]) => Promise<Certificate>
}

/** Creates a certificate authority that no client trusts yet. */
export async function authority (): Promise<Authority> {
  const own = await generate([{ name: 'commonName', value: 'Test authority' }], {
    keyType: 'ec', algorithm: 'sha256', extensions: [{ name: 'basicConstraints', cA: true, critical: true }, { name: 'keyUsage', keyCertSign: true, critical: true }],
  })
  return {
    cert: own.cert,
    async issue (...names) {
      const altNames = names.map(name => /^[\d.]+$/.test(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name })
      const { cert, private: key } = await generate([{ name: 'commonName', value: 'Test server' }], {
        keyType: 'ec', algorithm: 'sha256', ca: { key: own.private, cert: own.cert },
        extensions: [{ name: 'basicConstraints', cA: false }, { name: 'extKeyUsage', serverAuth: true }, { name: 'subjectAltName', altNames }],
      })
      return { cert, key }
    },
  }
}
