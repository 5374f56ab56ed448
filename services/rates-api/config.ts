import { Type } from 'typebox'
import { Common, Count } from '../runtime/config.ts'

/** What the rates API reads from its environment. */
export const Config = Type.Object({
  ...Common,
  RATES_MAX_DAYS: Count('longest range of days that one request may ask for', { default: 366, maximum: 3_660 }),
  RATES_QUERY_TIMEOUT_MS: Count('longest time of a query, and of waiting for it, in milliseconds; then it is cancelled and the answer is 503', {
    default: 5_000, minimum: 10, maximum: 60_000,
  }),
  RATES_MAX_WAITING: Count('requests that may wait for a connection to the database; a further one gets 503 at once', { default: 200, maximum: 100_000 }),
  RATES_KEYS_REQUIRED: Type.Boolean({ description: 'true: /rates and /locations ask for an API key with the scope "rates"; false: they are open', default: false }),
  API_KEYS: Type.String({ description: 'JSON array of {"provider", "sha256", "scopes"}; needed where keys are required', default: '[]' }),
  DATABASE_POOL_SIZE: Count('connections to the database, and so the queries that run at once', { default: 10, maximum: 100 }),
})
