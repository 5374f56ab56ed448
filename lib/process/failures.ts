/**
 * The one table that classifies errors. A batch that fails validation is rejected; a rejection is not an error.
 *
 * - `wait`: a dependency is not ready. The worker holds the batch and retries. The class has the SQLSTATEs of a database that is
 *   unavailable, read-only, full, locked, or has the schema of another release. It also has network errors, and AWS responses
 *   that say 5xx, throttling, or refused credentials (credentials rotate).
 * - `corrupt`: the stored object differs from what was accepted. A retry does not change that.
 * - `newer`: a newer release wrote the object. The message returns to the queue, for a worker of that release.
 * - `unknown`: every other error. The batch is redelivered a limited number of times and then waits for an operator.
 */
export type FailureClass = 'wait' | 'corrupt' | 'newer' | 'unknown'

const waitCodes = [
  /^08/, // connection exceptions
  /^57P0/, // the server shuts down, has crashed, or starts up
  /^25006$/, // read-only: after a failover this connection reaches a server that is now a replica
  /^25P0[34]$/, // the server ended a transaction that was idle too long or lasted too long
  /^28/, // authentication: passwords and tokens rotate
  /^40001$/, /^40P01$/, /^55P03$/, // serialization, deadlock, lock timeout
  /^42/, /^3D000$/, // an object or privilege of another release's schema
  /^53/, // disk full, out of memory, too many connections
  /^58/, // I/O errors of the server
  /^CONNECT_TIMEOUT$|^CONNECTION_(CLOSED|ENDED|DESTROYED)$/, // codes of postgres.js
  /CERT|LEAF_SIGNATURE|^(EPROTO|ERR_SSL_\w+)$/, // the server's certificate cannot be verified: authorities and names rotate
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENOTFOUND|EAI_AGAIN)$/,
]
const waitNames = /^(TimeoutError|NetworkingError|AbortedDueToTimeout|CredentialsProviderError|ExpiredToken|ExpiredTokenException|RequestTimeTooSkewed|SlowDown|Throttling.*|RequestThrottled|AccessDenied.*|InvalidAccessKeyId|UnrecognizedClientException|NoSuchBucket)$/
const corrupt = /^(NO_MANIFEST|INVALID_MANIFEST|INVALID_DECISION|NO_BATCH_ID|DIGEST_MISMATCH|NoSuchKey|NoSuchVersion|PreconditionFailed)$/
const newer = /^(MANIFEST|DECISION)_VERSION$/

type Failure = { code?: unknown, name?: unknown, $metadata?: { httpStatusCode?: number }, cause?: unknown, errors?: unknown[] }

export function classify (error: unknown): FailureClass {
  const { code, name, $metadata, errors } = (error ?? {}) as Failure
  if (typeof code === 'string' && waitCodes.some(pattern => pattern.test(code))) return 'wait'
  if (typeof name === 'string' && waitNames.test(name)) return 'wait'
  if (($metadata?.httpStatusCode ?? 0) >= 500 || $metadata?.httpStatusCode === 429) return 'wait'
  if (corrupt.test(String(code)) || corrupt.test(String(name))) return 'corrupt'
  if (newer.test(String(code))) return 'newer'
  if (Array.isArray(errors) && errors.length > 0) return errors.every(each => classify(each) === 'wait') ? 'wait' : 'unknown'
  return 'unknown'
}

/** Returns true if an HTTP response must say that the database is unavailable. A statement timeout (57014) counts too. */
export function isDatabaseUnavailable (error: unknown): boolean {
  return classify(error) === 'wait' || (error as Failure | null)?.code === '57014'
}

/** Returns true if a write was refused because the server is a replica, or has become one by a failover. */
export const isReadOnly = (error: unknown): boolean => (error as Failure | null)?.code === '25006'

/** Returns true if a query failed because its connection was lost. The query may succeed on another connection. */
export function isConnectionLost (error: unknown): boolean {
  const { code } = (error ?? {}) as Failure
  return typeof code === 'string' && /^(CONNECT|E[A-Z]{3}|57P0[123])/.test(code)
}

/** Returns true if a server did not respond in time: a connection attempt, a query, or a dead peer timed out. */
export function isTimeout (error: unknown): boolean {
  return /^(CONNECT_TIMEOUT|ETIMEDOUT|database-unavailable)$/.test(String((error as Failure | null)?.code))
}

/** Returns the code and message of an error, at most 500 characters, without parameters. */
export function reasonOf (error: unknown): string {
  const { code, name } = (error ?? {}) as Failure
  const message = error instanceof Error ? error.message : String(error)
  return `${String(code ?? name ?? 'error')}: ${message}`.replaceAll('\0', '').slice(0, 500)
}
