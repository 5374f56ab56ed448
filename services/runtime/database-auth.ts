import { Signer } from '@aws-sdk/rds-signer'
import { tlsOf } from './database-tls.ts'
import type { ConfigCheck } from './config.ts'

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
  const urls = [['DATABASE_URL', env.DATABASE_URL], ...(env.DATABASE_READ_URLS ?? '').split(',').map(url => ['DATABASE_READ_URLS', url])] as Array<[string, string | undefined]>
  // What does not begin like one is the schema's to tell.
  const problems = urls.filter(([, url]) => url?.startsWith('postgres')).flatMap(([name, url]) => urlProblems(name, url!, env.DATABASE_AUTH === 'iam'))
  if (env.DATABASE_AUTH === 'iam' && !env.AWS_REGION) problems.push('AWS_REGION is missing: DATABASE_AUTH=iam signs for a region')
  return [...new Set(problems)]
}

function urlProblems (name: string, text: string, iam: boolean): string[] {
  if (!URL.canParse(text)) return [`${name} is not a URL`]
  const { username, password } = new URL(text)
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
