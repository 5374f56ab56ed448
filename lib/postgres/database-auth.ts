import type { Signer } from '@aws-sdk/rds-signer'
import { tlsOf } from './database-tls.ts'
import type { ConfigCheck } from '../process/config.ts'

/** Where a connection logs in, and as which user. A token is valid for this login only. */
export type Login = { host: string, port: number, user: string }

/** Returns the password of a new connection. Rejects if no credentials are available. */
export type Passwords = (login: Login) => Promise<string>

/** The configuration of the login. */
export type DatabaseAuth = { DATABASE_AUTH: 'password' | 'iam', AWS_REGION?: string }

/**
 * Returns how passwords are created, or undefined if the URL has the password. With `iam`, each new connection gets a token that is
 * signed locally with the process's AWS credentials. RDS accepts a token for 15 minutes; an open connection lasts beyond that.
 */
export function passwordsOf ({ DATABASE_AUTH: auth, AWS_REGION: region }: DatabaseAuth): Passwords | undefined {
  if (auth === 'password') return undefined
  const signers = new Map<string, Signer>() // each signer caches the credentials until shortly before they expire
  return async ({ host: hostname, port, user: username }) => {
    const key = `${username}@${hostname}:${port}`
    const { Signer } = await import('@aws-sdk/rds-signer') // most logins outside AWS have a password
    if (!signers.has(key)) signers.set(key, new Signer({ hostname, port, username, ...(region ? { region } : {}) }))
    return await signers.get(key)!.getAuthToken()
  }
}

/** Returns the problems of the database URLs and of their login. The problems contain no part of the URLs. */
export const databaseProblems: ConfigCheck = env => {
  const iam = env.DATABASE_AUTH === 'iam'
  const problems = [
    ...urlProblems('DATABASE_URL', env.DATABASE_URL, { iam, env }),
    ...urlProblems('BOOTSTRAP_DATABASE_URL', env.BOOTSTRAP_DATABASE_URL, { iam: false, env }), // this URL always has its password
    ...readUrlProblems(env.DATABASE_READ_URLS, { iam, env }),
  ]
  if (iam && !env.AWS_REGION) problems.push('AWS_REGION is missing: DATABASE_AUTH=iam signs for a region')
  return [...new Set(problems)]
}

/** How a URL is used. */
type How = { iam: boolean, env: NodeJS.ProcessEnv }

function readUrlProblems (text: string | undefined, how: How): string[] {
  const name = 'DATABASE_READ_URLS'
  const [first, ...others] = (text || '').split(',')
  if (others.every(isDatabaseUrl)) return [first, ...others].flatMap(url => urlProblems(name, url, how))
  return [`${name} has a comma that begins no postgres:// URL: each entry names one server, with a URL of its own, and a comma in a password is written %2C`]
}

const isDatabaseUrl = (text: string | undefined): text is string => /^postgres(ql)?:\/\//.test(text ?? '')

function urlProblems (name: string, text: string | undefined, { iam, env }: How): string[] {
  if (!isDatabaseUrl(text)) return [] // the schema reports this
  if (hostOf(text, env.PGHOST).includes(',')) return [`${name} names several hosts: the client would stay on the first; name one, and read replicas in DATABASE_READ_URLS`]
  if (!URL.canParse(text)) return [`${name} is not a URL`]
  const { username, password, searchParams } = new URL(text)
  const hostParameter = ['host', 'hostaddr'].find(parameter => searchParams.has(parameter))
  if (hostParameter) return [`${name} has the parameter ${hostParameter}: the client takes the host only from the place before the path`]
  try {
    const { mode } = tlsOf(text)
    if (!iam) return []
    return [
      // Until a token expires, it is as good as a password: only the intended server may receive the token.
      ...(mode === 'verify-full' ? [] : [`${name} needs sslmode=verify-full: DATABASE_AUTH=iam gives a token only to a verified server`]),
      ...(password ? [`${name} has a password: DATABASE_AUTH=iam makes its own`] : []),
      ...(username ? [] : [`${name} has no user: DATABASE_AUTH=iam makes a token for one`]),
    ]
  } catch (error) {
    return [`${name}: ${(error as Error).message}`]
  }
}

/** Returns the host of the URL, or PGHOST if the URL has none. A URL with the ports of several hosts cannot be parsed by `URL`. */
function hostOf (text: string, PGHOST = ''): string {
  const authority = /:\/\/([^/?#]*)/.exec(text)![1]!
  return (authority.slice(authority.lastIndexOf('@') + 1) || PGHOST).replaceAll(/%2c/gi, ',')
}
