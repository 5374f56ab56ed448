import type { RateLimitOptions } from '@fastify/rate-limit'
import { providerOf } from '../../lib/api-keys/require-key.ts'
import { Problem } from '../../lib/http/problem.ts'

/**
 * Limits the requests of one provider per minute, to this process; `what` names the requests. Throws `too-many-requests`. Keeps
 * counters for at most 5,000 providers.
 */
export const perMinute = (max: number, what: string): RateLimitOptions => ({
  max,
  timeWindow: 60_000,
  keyGenerator: providerOf,
  errorResponseBuilder: (_request, { max, ttl }) =>
    new Problem('too-many-requests', `More than ${max} ${what} a minute`, { headers: { 'retry-after': String(Math.ceil(ttl / 1_000)) } }),
})
