import { randomFillSync } from 'node:crypto'

/** A span of a trace, by W3C Trace Context. */
export type Trace = {
  /** 32 hex digits, the same in every process that handles the trace. */
  traceId: string
  /** 16 hex digits. For an HTTP request the span id is also the request id. */
  spanId: string
  /** Two hex digits, passed on unchanged. */
  flags: string
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Returns the `traceparent` of a new span in the given trace. Without a well formed `traceparent` the span starts a new trace. */
export function continueTrace (traceparent: unknown): string {
  const parent = typeof traceparent === 'string' ? parseTraceparent(traceparent) : null
  return parent ? `00-${parent.traceId}-${randomHex(16)}-${parent.flags}` : `00-${randomHex(32)}-${randomHex(16)}-01`
}

/** Returns null if `text` is malformed. Versions after 00 may have more fields; version ff and ids of zeros are invalid. */
export function parseTraceparent (text: string): Trace | null {
  const [, version, traceId, spanId, flags, more] = text.length <= 512 ? form.exec(text) ?? [] : []
  if (!version || version === 'ff' || (version === '00' && more !== undefined)) return null
  if (/^0+$/.test(traceId!) || /^0+$/.test(spanId!)) return null
  return { traceId: traceId!, spanId: spanId!, flags: flags! }
}

/** These two accept a `traceparent` that {@link continueTrace} returned. */
export const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35)
export const spanIdOf = (traceparent: string): string => traceparent.slice(36, 52)

/** Random hex digits are drawn in advance: a system call and a conversion for each id would take longer than the rest of the request's trace. */
const pool = Buffer.alloc(24 * 256)
let drawn = ''
let used = 0

function randomHex (digits: number): string {
  if (used + digits > drawn.length) {
    drawn = randomFillSync(pool).toString('hex')
    used = 0
  }
  used += digits
  return drawn.slice(used - digits, used)
}
