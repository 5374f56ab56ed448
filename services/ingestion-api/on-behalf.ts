import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { callerOf, requireKey } from '../../lib/api-keys/require-key.ts'
import { Problem } from '../../lib/http/problem.ts'
import type { IngestionApi } from './context.ts'
import { viewSerializer } from './view.ts'

/** Parameter of a request that an operator sends for a provider. */
export const ofProvider = Type.Optional(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: 'whose batch or profile it is, for a key with the scope admin' }))

/** Parameters of an action on a batch by its provider, or by an operator for its provider. */
const OnBehalf = Type.Object({
  why: Type.Optional(Type.String({ minLength: 1, maxLength: 500, description: 'the reason, for the audit' })),
  provider: ofProvider,
}, { additionalProperties: false })

const params = Type.Object({ id: Type.String({ maxLength: 256 }) })

/** The type of the request. */
export type Action = { Params: Static<typeof params>, Querystring: Static<typeof OnBehalf> }

/** Returns the parts of the schema that these routes share, and the other options of a route. */
export const actionSchema = { tags: ['batches'], security: [{ key: [] }], params, querystring: OnBehalf }
export const actionOptions = ({ keys, rateLimit }: Pick<IngestionApi, 'keys' | 'rateLimit'>) => ({
  config: { rateLimit }, onRequest: requireKey(keys, 'submit', 'admin'), serializerCompiler: viewSerializer,
})

/** Returns whose batch or profile the action is on: the caller's own, or with the scope admin that of the parameter. Throws `forbidden`. */
export function onBehalfOf (request: FastifyRequest<{ Querystring: { provider?: string } }>): string {
  const { provider, scopes } = callerOf(request)
  const { provider: owner } = request.query
  if (owner === undefined && scopes.has('submit')) return provider
  if (owner !== undefined && (scopes.has('admin') || owner === provider)) return owner
  throw new Problem('forbidden', owner === undefined
    ? 'With the scope "admin" alone, name the provider: ?provider='
    : 'Only a key with the scope "admin" may name another provider')
}
