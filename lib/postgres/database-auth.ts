import { Signer } from '@aws-sdk/rds-signer'
import { tlsOf } from './database-tls.ts'
import type { ConfigCheck } from '../process/config.ts'

/** Where, and as whom, a connection logs in. A token is good for nothing else. */
export type Login = { host: string, port: number, user: string }

/** The password of a connection that is about to be made. Rejects where credentials are not to be had. */
export type Passwords = (login: Login) => Promise<string>

/** What a configuration says of it. */
export type DatabaseAuth = { DATABASE_AUTH: 'password' | 'iam', AWS_REGION?: string }

/**
 * With `iam` a token for each new connection, signed here with the process's own AWS credentials; RDS takes it for 15 minutes,
 * and a connection that is made lasts beyond that. Undefined where the URL has the password.
 */
export function passwordsOf ({ DATABASE_AUTH: auth, AWS_REGION: region }: DatabaseAuth): Passwords | undefined {
  if (auth === 'password') return undefined
  const signers = new Map<string, Signer>() // each keeps the credentials until they are about to end
  return async ({ host: hostname, port, user: username }) => {
    const key = `${username}@${hostname}:${port}`
    if (!signers.has(key)) signers.set(key, new Signer({ hostname, port, username, ...(region ? { region } : {}) }))
    return await signers.get(key)!.getAuthToken()
  }
}

/** What is wrong with the URLs of databases, alone and with how to log in there. Says nothing of what they hold. */
export const databaseProblems: ConfigCheck = env => {
  const iam = env.DATABASE_AUTH === 'iam'
  const problems = [
    ...urlProblems('DATABASE_URL', env.DATABASE_URL, { iam, env }),
    ...urlProblems('BOOTSTRAP_DATABASE_URL', env.BOOTSTRAP_DATABASE_URL, { iam: false, env }), // its password is always in it
    ...readUrlProblems(env.DATABASE_READ_URLS, { iam, env }),
  ]
  if (iam && !env.AWS_REGION) problems.push('AWS_REGION is missing: DATABASE_AUTH=iam signs for a region')
  return [...new Set(problems)]
}

/** How the URL is used. */
type How = { iam: boolean, env: NodeJS.ProcessEnv }

function readUrlProblems (text: string | undefined, how: How): string[] {
  const name = 'DATABASE_READ_URLS'
  const [first, ...others] = (text || '').split(',')
  if (others.every(isDatabaseUrl)) return [first, ...others].flatMap(url => urlProblems(name, url, how))
  return [`${name} has a comma that begins no postgres:// URL: each entry names one server, with a URL of its own, and a comma in a password is written %2C`]
}

const isDatabaseUrl = (text: string | undefined): text is string => /^postgres(ql)?:\/\//.test(text ?? '')

function urlProblems (name: string, text: string | undefined, { iam, env }: How): string[] {
  if (!isDatabaseUrl(text)) return [] // the schema says so
  if (hostOf(text, env.PGHOST).includes(',')) return [`${name} names several hosts: the client would stay on the first; name one, and read replicas in DATABASE_READ_URLS`]
  if (!URL.canParse(text)) return [`${name} is not a URL`]
  const { username, password, searchParams } = new URL(text)
  const hostParameter = ['host', 'hostaddr'].find(parameter => searchParams.has(parameter))
  if (hostParameter) return [`${name} has the parameter ${hostParameter}: the client takes the host from the place before the path alone`]
  try {
    const { mode } = tlsOf(text)
    if (!iam) return []
    return [
      // A token is as good as a password for as long as it lasts: only the server that it is for may see it.
      ...(mode === 'verify-full' ? [] : [`${name} needs sslmode=verify-full: DATABASE_AUTH=iam gives a token to a verified server alone`]),
      ...(password ? [`${name} has a password: DATABASE_AUTH=iam makes its own`] : []),
      ...(username ? [] : [`${name} has no user: DATABASE_AUTH=iam makes a token for one`]),
    ]
  } catch (error) {
    return [`${name}: ${(error as Error).message}`]
  }
}

/** As it is written, or as PGHOST has it where the URL has none. With the ports of several hosts the text is no URL for `URL`. */
function hostOf (text: string, PGHOST = ''): string {
  const authority = /:\/\/([^/?#]*)/.exec(text)![1]!
  return (authority.slice(authority.lastIndexOf('@') + 1) || PGHOST).replaceAll(/%2c/gi, ',')
}
