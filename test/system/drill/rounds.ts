import type { Program } from './task.ts'

/** What a round deploys: a good release, a release that never becomes healthy, or a release that fails for more than a few concurrent requests. */
export type Round = 'good' | 'unhealthy' | 'erring'

/** Settings that make a release bad, as a mistake in a task definition would. */
export const mistakes: Record<Round, Partial<Record<Program, Record<string, string>>>> = {
  good: {},
  unhealthy: {
    'rates-api': { DATABASE_URL: 'postgres://rates_api:test@127.0.0.1:1/freight' },
    'ingestion-api': { PAYLOAD_BUCKET: 'no-such-bucket' },
    'ingestion-worker': { PAYLOAD_BUCKET: 'no-such-bucket' },
  },
  erring: {
    'rates-api': { DATABASE_POOL_SIZE: '2', RATES_MAX_WAITING: '1', RATES_CACHE_BYTES: '1' },
    'ingestion-api': { BODIES_AT_ONCE: '1' },
  },
}
