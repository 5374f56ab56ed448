import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { InvalidConfig, type ConfigCheck } from '../process/config.ts'
import { Problem } from '../http/problem.ts'
import { isDevelopmentKey } from './development-keys.ts'

export type Scope = 'submit' | 'read' | 'rates' | 'admin'

const ApiKey = Type.Object({
  provider: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  scopes: Type.Array(Type.Union([Type.Literal('submit'), Type.Literal('read'), Type.Literal('rates'), Type.Literal('admin')]), { minItems: 1 }),
  created_at: Type.Optional(Type.String({ pattern: '^[0-9T:.Z-]{10,30}$' })),
}, { additionalProperties: false })

/** A stored key: its SHA-256, never the key itself. A provider has at most two, so that one can be replaced while the other works. */
export type ApiKey = Static<typeof ApiKey>
export type Caller = { provider: string, scopes: ReadonlySet<string> }

const digestOf = (key: string): Buffer => createHash('sha256').update(key).digest()

/** Parses `API_KEYS`. Throws InvalidConfig if the value is malformed or has a development key outside `local`. The error shows no key. */
export function parseKeys (json: string, environment: string): ApiKey[] {
  const problems = keyProblems({ API_KEYS: json, ENVIRONMENT: environment })
  if (problems.length > 0) throw new InvalidConfig(problems)
  return JSON.parse(json) as ApiKey[]
}

/** Returns the problems of the keys in an environment, to be reported with all other configuration problems. */
export const keyProblems: ConfigCheck = ({ API_KEYS: json, ENVIRONMENT: environment }) => {
  if (!json) return []
  let keys: unknown
  try {
    keys = JSON.parse(json)
  } catch {
    return ['API_KEYS is not JSON']
  }
  if (!Value.Check(Type.Array(ApiKey), keys)) {
    return ['API_KEYS must be an array of {"provider", "sha256": <SHA-256 of the key in hex>, "scopes": [submit, read, rates, admin]}']
  }
  const problems: string[] = []
  const counts = new Map<string, number>()
  for (const { provider, sha256 } of keys) {
    counts.set(provider, (counts.get(provider) ?? 0) + 1)
    if (environment !== 'local' && isDevelopmentKey(sha256)) problems.push(`API_KEYS has a development key of provider ${provider}: only ENVIRONMENT=local accepts it`)
  }
  for (const [provider, count] of counts) if (count > 2) problems.push(`API_KEYS has ${count} keys for provider ${provider}: the maximum is two`)
  return problems
}

/** Returns the caller of a request with `Authorization: Bearer`, whose key has one of `scopes`. Throws `unauthenticated` or `forbidden`. */
export function authenticate (request: FastifyRequest, keys: readonly ApiKey[], ...scopes: [Scope, ...Scope[]]): Caller {
  const given = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1]
  const key = given === undefined ? undefined : findKey(digestOf(given), keys)
  if (!key) {
    throw new Problem('unauthenticated', given === undefined ? 'Send the API key as "Authorization: Bearer <key>"' : 'The API key is not valid', {
      headers: { 'www-authenticate': `Bearer realm="freight-rates"${given === undefined ? '' : ', error="invalid_token"'}` },
    })
  }
  const [scope] = scopes
  if (!key.scopes.some(known => scopes.includes(known))) {
    throw new Problem('forbidden', `The API key lacks the scope "${scope}"`, {
      headers: { 'www-authenticate': `Bearer realm="freight-rates", error="insufficient_scope", scope="${scope}"` },
    })
  }
  return { provider: key.provider, scopes: new Set(key.scopes) }
}

/** Compares with every key, each in constant time, so that the duration reveals nothing about the keys. */
function findKey (digest: Buffer, keys: readonly ApiKey[]): ApiKey | undefined {
  let found: ApiKey | undefined
  for (const key of keys) if (timingSafeEqual(digest, Buffer.from(key.sha256, 'hex'))) found = key
  return found
}
