import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, preHandlerAsyncHookHandler } from 'fastify'
import { clientOf } from '../../lib/http/client-address.ts'
import { Problem } from '../../lib/http/problem.ts'

export type ClientLimit = {
  /** Requests of one client per minute, to one process; 0 is no limit. */
  perMinute: number
  /** Proxies in front of this process, each of which adds an entry to X-Forwarded-For. */
  trustedProxies: number
  /** @defaultValue 10_000 */
  maxCounters?: number
}

/**
 * Counts the requests of each client over all routes. Returns undefined without a limit; then nothing is counted.
 *
 * Only the most recently used counters stay in memory, 2.5 MB at most. A client whose counter was evicted starts at 0, so many
 * clients never cause a refusal. To exploit that, an attacker needs more addresses than there are counters. With so many
 * addresses, the requests within the limit already exceed what a process can serve.
 */
export async function limitClients (app: FastifyInstance, limit: ClientLimit): Promise<preHandlerAsyncHookHandler | undefined> {
  const { perMinute, trustedProxies, maxCounters = 10_000 } = limit
  if (perMinute === 0) return undefined
  const noHeaders = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }
  await app.register(rateLimit, { global: false, cache: maxCounters, addHeadersOnExceeding: noHeaders, addHeaders: noHeaders })
  return app.rateLimit({
    max: perMinute,
    timeWindow: 60_000,
    cache: maxCounters,
    keyGenerator: ({ raw }) => clientOf(raw, trustedProxies),
    errorResponseBuilder: (_request, { max, ttl }) => tooMany(max, ttl),
  })
}

export const tooMany = (max: number, ttlMs: number): Problem =>
  new Problem('too-many-requests', `More than ${max} requests a minute from one address`, { headers: { 'retry-after': String(Math.max(1, Math.ceil(ttlMs / 1000))) } })
