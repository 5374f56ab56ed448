/**
 * The one table that decides what an error means (design: "reject" is what our own validation says, and no error at all).
 *
 * - `wait`: the world is not ready, the work is fine: hold it and try again. SQLSTATEs of a database that is away, read-only,
 *   full, locked, or has the schema of another release; network errors; AWS answering 5xx or throttling, or refusing
 *   credentials, which rotate.
 * - `corrupt`: the store does not give what was accepted. No repetition changes that.
 * - `unknown`: everything else. It comes back a bounded number of times and then waits for a person.
 */
export type FailureClass = 'wait' | 'corrupt' | 'unknown'

const waitCodes = [
  /^08/, // connection exceptions
  /^57P0/, // the server shuts down, crashed or starts up
  /^25006$/, // read-only: a failover has left this link on what is now a replica
  /^25P0[34]$/, // the server ended a transaction that was idle, or lasted, too long
  /^28/, // authentication: passwords and tokens rotate
  /^40001$/, /^40P01$/, /^55P03$/, // serialization, deadlock, lock timeout
  /^42/, /^3D000$/, // an object or privilege of another release's schema
  /^53/, // disk full, out of memory, too many connections
  /^58/, // the server's own input and output
  /^CONNECT_TIMEOUT$|^CONNECTION_(CLOSED|ENDED|DESTROYED)$/, // the database client's names
  /CERT|LEAF_SIGNATURE|^(EPROTO|ERR_SSL_\w+)$/, // the peer cannot be verified: authorities and names rotate
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENOTFOUND|EAI_AGAIN)$/,
]
const waitNames = /^(TimeoutError|NetworkingError|AbortedDueToTimeout|CredentialsProviderError|ExpiredToken|ExpiredTokenException|RequestTimeTooSkewed|SlowDown|Throttling.*|RequestThrottled|AccessDenied.*|InvalidAccessKeyId|UnrecognizedClientException|NoSuchBucket)$/
const corrupt = /^(NO_MANIFEST|INVALID_MANIFEST|INVALID_DECISION|NO_BATCH_ID|DIGEST_MISMATCH|NoSuchKey|NoSuchVersion|PreconditionFailed)$/

type Failure = { code?: unknown, name?: unknown, $metadata?: { httpStatusCode?: number }, cause?: unknown, errors?: unknown[] }

export function classify (error: unknown): FailureClass {
  const { code, name, $metadata, errors } = (error ?? {}) as Failure
  if (typeof code === 'string' && waitCodes.some(pattern => pattern.test(code))) return 'wait'
  if (typeof name === 'string' && waitNames.test(name)) return 'wait'
  if (($metadata?.httpStatusCode ?? 0) >= 500 || $metadata?.httpStatusCode === 429) return 'wait'
  if (corrupt.test(String(code)) || corrupt.test(String(name))) return 'corrupt'
  if (Array.isArray(errors) && errors.length > 0) return errors.every(each => classify(each) === 'wait') ? 'wait' : 'unknown'
  return 'unknown'
}

/** Whether the database is away, for an HTTP answer: also when it took so long that the statement was cancelled. */
export function isDatabaseUnavailable (error: unknown): boolean {
  return classify(error) === 'wait' || (error as Failure | null)?.code === '57014'
}

/** Whether a write was refused because the link is to a replica, or to what is one since a failover. */
export const isReadOnly = (error: unknown): boolean => (error as Failure | null)?.code === '25006'

/** Whether a query failed because its link did, and may well succeed on another one. */
export function isConnectionLost (error: unknown): boolean {
  const { code } = (error ?? {}) as Failure
  return typeof code === 'string' && /^(CONNECT|E[A-Z]{3}|57P0[123])/.test(code)
}

/** Whether a server gave no answer in time: a connection that was never made, a query without a result, a dead peer. */
export function isTimeout (error: unknown): boolean {
  return /^(CONNECT_TIMEOUT|ETIMEDOUT|database-unavailable)$/.test(String((error as Failure | null)?.code))
}

/** What is kept of an error as a reason: code and message, bounded, without parameters. */
export function reasonOf (error: unknown): string {
  const { code, name } = (error ?? {}) as Failure
  const message = error instanceof Error ? error.message : String(error)
  return `${String(code ?? name ?? 'error')}: ${message}`.replaceAll('\0', '').slice(0, 500)
}
