/**
 * An error response as application/problem+json (RFC 9457). `type` is a stable code that clients and tests compare.
 * docs/errors.md explains each code.
 */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly members: Record<string, unknown>
  readonly headers: Record<string, string>

  constructor (code: ProblemCode, detail: string, { members = {}, headers = {}, cause }: {
    members?: Record<string, unknown>, headers?: Record<string, string>, cause?: unknown
  } = {}) {
    super(detail, { cause })
    this.code = code
    this.status = problems[code].status
    this.members = members
    this.headers = 'retryAfterSeconds' in problems[code]
      ? { 'retry-after': String(problems[code].retryAfterSeconds), ...headers }
      : headers
  }

  body (instance?: string): Record<string, unknown> {
    const { status, title } = problems[this.code]
    return { type: `/problems/${this.code}`, title, status, detail: this.message, ...(instance ? { instance } : {}), ...this.members }
  }
}

export type ProblemCode = keyof typeof problems

/** Every problem that the HTTP services answer with. */
export const problems = {
  'invalid-parameters': { status: 400, title: 'Invalid parameters' },
  'malformed-request': { status: 400, title: 'Malformed request' },
  'malformed-body': { status: 400, title: 'Malformed body' },
  'digest-mismatch': { status: 400, title: 'The body does not match its Content-Digest' },
  unauthenticated: { status: 401, title: 'A valid API key is required' },
  forbidden: { status: 403, title: 'The API key does not allow this' },
  'not-found': { status: 404, title: 'Not found' },
  'unknown-location': { status: 404, title: 'Unknown port or region' },
  'unknown-batch': { status: 404, title: 'Unknown batch' },
  'unknown-upload': { status: 404, title: 'Unknown upload' },
  'unknown-profile': { status: 404, title: 'Unknown profile' },
  'no-effect': { status: 404, title: 'There is no effect' },
  'no-prices': { status: 404, title: 'The batch has no prices' },
  'no-report': { status: 404, title: 'There is no report' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'not-acceptable': { status: 406, title: 'No acceptable representation' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'payload-gone': { status: 409, title: 'The payload of the batch no longer exists' },
  'not-discardable': { status: 409, title: 'A withdrawal cannot be discarded' },
  'not-withdrawable': { status: 409, title: 'The batch cannot be withdrawn' },
  'not-held': { status: 409, title: 'The batch is not held' },
  'batch-withdrawn': { status: 409, title: 'The batch was withdrawn' },
  'upload-incomplete': { status: 409, title: 'The file has not been uploaded' },
  'too-many-profiles': { status: 409, title: 'Too many profiles' },
  'prices-removed': { status: 410, title: 'The prices of the batch were removed' },
  'precondition-failed': { status: 412, title: 'The profile is not the expected version' },
  'content-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'key-reused': { status: 422, title: 'The key or the content belongs to another request' },
  'too-many-requests': { status: 429, title: 'Too many requests', retryAfterSeconds: 1 },
  'too-many-unfinished': { status: 429, title: 'Too many unfinished batches', retryAfterSeconds: 10 },
  'header-too-large': { status: 431, title: 'The request header is too large' },
  'internal-error': { status: 500, title: 'Internal server error' },
  'database-unavailable': { status: 503, title: 'The database cannot be reached', retryAfterSeconds: 5 },
  'effect-pending': { status: 503, title: 'The effect is being computed', retryAfterSeconds: 5 },
  overloaded: { status: 503, title: 'Service overloaded', retryAfterSeconds: 1 },
  'store-unavailable': { status: 503, title: 'The payload store cannot be reached', retryAfterSeconds: 5 },
  'queue-unavailable': { status: 503, title: 'The queue cannot be reached', retryAfterSeconds: 5 },
  'keys-unavailable': { status: 503, title: 'The API keys cannot be read', retryAfterSeconds: 5 },
} as const satisfies Record<string, { status: number, title: string, retryAfterSeconds?: number }>
