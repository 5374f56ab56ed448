import { Type } from 'typebox'
import { Aws, Common, Count, UnfinishedMax, CorrectionsKeepDays } from '../../lib/process/config.ts'
import { databaseProblems } from '../../lib/postgres/database-auth.ts'
import { defaultValidityDays } from './apply/read-rows.ts'
import { defaultReportRows } from './apply/report.ts'
import { fileLimitVariables } from './file-limits.ts'
import { MAX_PRICE_USD } from './rows/values/rules.ts'

/** Environment variables of the ingestion worker. */
export const Config = Type.Object({
  ...Common,
  ...Aws,
  WORKER_CONCURRENCY: Count('batches applied at once by one process', { default: 2, maximum: 16 }),
  BATCH_MAX_ROWS: Count('rows of a batch', { default: 5_000_000, maximum: 2 ** 30 }),
  PRICE_MAX_USD: Count('highest price, in USD; a row with a higher one is refused', { default: 1_000_000, maximum: MAX_PRICE_USD }),
  VALIDITY_MAX_DAYS: Count('days of the validity of a price, both ends included', { default: defaultValidityDays, maximum: 3_660 }),
  ERRORS_MAX_ROWS: Count('errors in the report of a batch; further ones are counted by their cause alone', { default: defaultReportRows, minimum: 1, maximum: 1_000_000 }),
  OUTLIER_PROVIDERS: Type.String({
    description: 'providers whose batches are held if their prices differ too much from those of the 30 days before, separated by commas; * is all',
    default: '', pattern: '^(\\*|[a-z0-9][a-z0-9-]{0,62}(,[a-z0-9][a-z0-9-]{0,62})*)?$',
  }),
  OUTLIER_FACTOR: Type.Number({
    description: 'factor, above or below, beyond which the mean of a lane and day differs too much', default: 3, exclusiveMinimum: 1, maximum: 1_000,
  }),
  OUTLIER_SHARE: Type.Number({
    description: 'share of the compared rows above which the batch is held, from 0 to 1', default: 0.1, minimum: 0, exclusiveMaximum: 1,
  }),
  BATCH_MAX_DECODED_BYTES: Count('longest decoded content of an upload, in bytes', { default: 16 * 1024 ** 3 }),
  BATCH_MAX_ROW_BYTES: Count('longest row, in bytes', { default: 65_536, maximum: 1_048_576 }),
  BATCH_MAX_GAP_BYTES: Count('most white space and blank lines between two rows, in bytes', { default: 1_048_576 }),
  ...fileLimitVariables,
  RECEIVE_SECONDS: Count('wait time of one receive (long polling), in seconds; an idle process takes up to as long to stop', {
    default: 5, maximum: 20,
  }),
  VISIBILITY_SECONDS: Count('how long a message stays hidden without a heartbeat, in seconds', { default: 30, minimum: 3, maximum: 600 }),
  HOLD_MAX_SECONDS: Count('longest time that a message stays invisible while its batch is processed, in seconds; SQS allows 12 hours', {
    default: 42_000, maximum: 42_900,
  }),
  SWEEP_SECONDS: Count('time between two sweeps for batches that a lost process left unfinished, in seconds', { default: 30 }),
  LOST_AFTER_SECONDS: Count('age from which an incomplete acceptance, or a batch whose message is missing, counts as lost, in seconds', {
    default: 30, minimum: 1,
  }),
  CORRECTIONS_KEEP_DAYS: CorrectionsKeepDays,
  BACKLOG_SECONDS: Count('time between two updates of the backlog metrics, in seconds', { default: 15, maximum: 300 }),
  MERGE_MIN_ROWS: Count('rows of a lane and month in unmerged_prices from which they are merged; a reader of the mean reads one row fewer, and the sums; ' +
    'twice as many while batches are in flight; 0 never merges', {
    default: 8, minimum: 0, maximum: 64,
  }),
  MERGE_SECONDS: Count('time between two looks for rows to merge while nothing is to be done, in seconds', { default: 5, maximum: 300 }),
  SECOND_LOOK_MS: Count('pause before a manifest or payload that differs from what was accepted is read again, in milliseconds', {
    default: 1_000, maximum: 60_000,
  }),
  STORE_DOUBT_SECONDS: Count('shortest time that unreadable batches of several providers are held, in seconds; ' +
    'after it, one other readable batch shows that the store is not at fault', {
    default: 600,
  }),
  BATCHES_UNFINISHED_MAX: UnfinishedMax,
  STATEMENT_TIMEOUT_MS: Count('longest single statement, the load of a complete batch included, in milliseconds', { default: 900_000 }),
  LOCK_TIMEOUT_MS: Count('longest wait for a lock of another batch, in milliseconds', { default: 60_000 }),
  DATABASE_SILENCE_MS: Count('longest time without a byte from the database during a query, in milliseconds; then the connection counts as lost; ' +
    'longer than LOCK_TIMEOUT_MS', {
    default: 120_000, minimum: 1_000,
  }),
  ECS_AGENT_URI: Type.Optional(Type.String({
    description: 'address of the ECS agent, set by ECS; the worker requests task protection while it processes a batch',
    pattern: '^https?://',
  })),
  PROTECTION_SECONDS: Count('time between two renewals of the task protection, which expires after three of these intervals, in seconds', {
    default: 60, maximum: 3_600,
  }),
  FINISH_MS: Count('longest time that a batch in flight may continue after SIGTERM, in milliseconds', { default: 100_000 }),
})

export const checks = [databaseProblems]
