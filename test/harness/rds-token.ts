import { createHash, createHmac } from 'node:crypto'
import type { ContainerCredentials } from './container-credentials.ts'

export type Expected = { host: string, port: number, user: string, region: string, issued: ContainerCredentials['issued'] }

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/**
 * Returns what is wrong with a token for IAM authentication, or null. The token is a presigned request to connect, for one host, port and user. The
 * function computes the signature again (AWS Signature Version 4).
 */
export function wrongWith (token: string, { host, port, user, region, issued }: Expected): string | null {
  if (!URL.canParse(`https://${token}`)) return 'not a token'
  const url = new URL(`https://${token}`)
  const { searchParams: query } = url
  const [keyId = '', date = '', ...scope] = (query.get('X-Amz-Credential') ?? '').split('/')
  const key = issued.get(keyId)
  const signedAt = query.get('X-Amz-Date') ?? ''
  const expiresAt = Date.parse(signedAt.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')) + Number(query.get('X-Amz-Expires')) * 1_000
  if (url.host !== `${host}:${port}`) return `made for ${url.host}`
  if (query.get('Action') !== 'connect' || query.get('DBUser') !== user) return `made for user ${query.get('DBUser')}`
  if (scope.join('/') !== `${region}/rds-db/aws4_request`) return `of scope ${scope.join('/')}`
  if (!key || query.get('X-Amz-Security-Token') !== key.token) return `signed by ${keyId}`
  if (!(expiresAt > Date.now()) || Number(query.get('X-Amz-Expires')) > 900) return 'over'

  const signed = url.search.slice(1).split('&').filter(part => !part.startsWith('X-Amz-Signature=')).sort().join('&')
  const canonical = ['GET', '/', signed, `host:${host}:${port}`, '', 'host', createHash('sha256').digest('hex')].join('\n')
  const text = ['AWS4-HMAC-SHA256', signedAt, [date, ...scope].join('/'), createHash('sha256').update(canonical).digest('hex')].join('\n')
  const signingKey = [date, ...scope].reduce<string | Buffer>(hmac, `AWS4${key.secret}`)
  return hmac(signingKey, text).toString('hex') === query.get('X-Amz-Signature') ? null : 'signed with another key'
}
