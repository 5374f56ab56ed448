import { Type } from 'typebox'
import { Aws, Balanced, Common, Count, UnfinishedMax, type ConfigCheck } from '../../lib/process/config.ts'
import { databaseProblems } from '../../lib/postgres/database-auth.ts'
import { hasKeySource, Keys, keySourceProblems } from '../../lib/api-keys/key-source.ts'

const mebibyte = 1024 * 1024

/** Environment variables of the ingestion API. */
export const Config = Type.Object({
  ...Common,
  ...Balanced,
  ...Aws,
  ...Keys,
  DATABASE_POOL_SIZE: Count('connections to the primary', { default: 4, maximum: 100 }),
  PAYLOAD_PUBLIC_ENDPOINT: Type.Optional(Type.String({
    description: 'address of the store that providers can reach, if it differs from the internal address', pattern: '^https?://',
  })),
  BATCH_MAX_BYTES: Count('maximum body of a batch as it is sent, in bytes', { default: 1024 * mebibyte }),
  BATCH_MAX_DECODED_BYTES: Count('maximum body of a batch after decoding, in bytes', { default: 4096 * mebibyte }),
  BATCH_MAX_PER_MINUTE: Count('batches that one provider may send per minute, to one process', { default: 600 }),
  READS_PER_MINUTE: Count('GET requests about batches that one provider may send per minute, to one process', { default: 6_000 }),
  BATCHES_UNFINISHED_MAX: UnfinishedMax,
  WAIT_MAX_SECONDS: Count('maximum wait for the end of a batch (Prefer: wait), in seconds from the arrival of the request; an API gateway ends a request after 30 s; 0: no request waits', {
    default: 20, minimum: 0, maximum: 25,
  }),
  WAITERS_MAX: Count('requests that may wait for the end of a batch in one process; one more is answered at once', { default: 1_000, maximum: 100_000 }),
  RESPONSE_SLOW_MS: Count('time from which a response counts as slow (freight_http_slow_responses_total), in milliseconds, without the wait for the end of a batch', {
    default: 2_000, maximum: 60_000,
  }),
  BODIES_AT_ONCE: Count('bodies that one process receives concurrently; each may use 10 MiB of memory', { default: 24 }),
  BODIES_AT_ONCE_PER_PROVIDER: Count('maximum of these for one provider', { default: 12 }),
  BODY_IDLE_MS: Count('maximum pause within a body, in milliseconds', { default: 30_000, minimum: 100 }),
  BODY_TOTAL_MS: Count('maximum time to receive a body, in milliseconds', { default: 900_000, minimum: 100 }),
})

const checkKeys: ConfigCheck = env =>
  hasKeySource(env) ? keySourceProblems(env) : ['API_KEYS is missing, or API_KEYS_SECRET or API_KEYS_FILE: the list of API keys']

export const checks = [checkKeys, databaseProblems]
