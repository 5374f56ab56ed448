import { Type, type Static } from 'typebox'
import { Balanced, Common, CorrectionsKeepDays, Count, type ConfigCheck } from '../../lib/process/config.ts'
import { databaseProblems } from '../../lib/postgres/database-auth.ts'
import { hasKeySource, Keys, keySourceProblems } from '../../lib/api-keys/key-source.ts'

/** Environment variables of the rates API. */
export const Config = Type.Object({
  ...Common,
  ...Balanced,
  RATES_MAX_DAYS: Count('longest range of one request, in days', { default: 366, maximum: 3_660 }),
  CORRECTIONS_KEEP_DAYS: CorrectionsKeepDays,
  AS_OF_MAX_PRICES: Count('prices that a response with `as_of` may be computed from: all of its lanes and months; one more is refused', {
    default: 5_000_000, maximum: 50_000_000,
  }),
  RATES_QUERY_TIMEOUT_MS: Count('maximum duration of a query including its wait for a connection, in milliseconds; then the query is cancelled and the response is 503', {
    default: 5_000, minimum: 10, maximum: 60_000,
  }),
  RATES_MAX_WAITING: Count('requests that may wait for a connection to the database; one more gets 503 at once', { default: 200, maximum: 100_000 }),
  RATES_CACHE_BYTES: Count('size of the response cache, in bytes; a response is reused until the data changes; 0 disables the cache', {
    default: 32 * 1024 * 1024, minimum: 0,
  }),
  RATES_PER_CLIENT_PER_MINUTE: Count('requests to /rates and /locations that one address (of IPv6: one /64) may send in a minute, to one process; 0 is no limit', {
    default: 0, minimum: 0, maximum: 10_000_000,
  }),
  TRUSTED_PROXIES: Count('proxies in front of this process, each of which adds an entry to X-Forwarded-For: that many entries from the right are trusted as the client address; 0: the address of the connection', {
    default: 0, minimum: 0, maximum: 10,
  }),
  RATES_KEYS_REQUIRED: Type.Boolean({ description: 'true: /rates and /locations require an API key with scope "rates"; false: they are open', default: false }),
  ...Keys,
  DATABASE_POOL_SIZE: Count('connections to each database server: one for readiness, the others for concurrent queries', {
    default: 10, minimum: 2, maximum: 100,
  }),
  DATABASE_READ_URLS: Type.Optional(Type.String({
    description: 'URLs of read replicas, separated by commas, each of one server; the primary is used if none of them is healthy',
    pattern: '^postgres(ql)?://',
  })),
  RATES_MAX_LAG_SECONDS: Count('lag from which a replica is used only if no other host is available, in seconds', {
    default: 30, maximum: 86_400,
  }),
})

export function replicasOf ({ DATABASE_READ_URLS: urls }: Static<typeof Config>): string[] {
  return urls?.split(',') ?? []
}

const checkKeys: ConfigCheck = env => {
  const missing = !hasKeySource(env) && /^(true|1)$/i.test(env.RATES_KEYS_REQUIRED ?? '')
  return missing ? ['API_KEYS is missing, or API_KEYS_SECRET or API_KEYS_FILE: RATES_KEYS_REQUIRED requires keys'] : keySourceProblems(env)
}

export const checks = [checkKeys, databaseProblems]
