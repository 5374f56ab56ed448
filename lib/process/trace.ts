import { randomFillSync } from 'node:crypto'

/** Where a piece of work belongs, by W3C Trace Context. */
export type Trace = {
  /** 32 hex digits, the same in every process that works on it. */
  traceId: string
  /** 16 hex digits: this piece; of an HTTP request it is the request's id too. */
  spanId: string
  /** Two hex digits, handed on as they came. */
  flags: string
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** The `traceparent` of a new piece of the trace that the given one names or, where that is absent or not well formed, of a new trace. */
export function continueTrace (traceparent: unknown): string {
  const parent = typeof traceparent === 'string' ? parseTraceparent(traceparent) : null
  return parent ? `00-${parent.traceId}-${randomHex(16)}-${parent.flags}` : `00-${randomHex(32)}-${randomHex(16)}-01`
}

/** Null where it is not well formed. A version after 00 may have more behind its four fields; ff is none, nor are ids of zeros. */
export function parseTraceparent (text: string): Trace | null {
  const [, version, traceId, spanId, flags, more] = text.length <= 512 ? form.exec(text) ?? [] : []
  if (!version || version === 'ff' || (version === '00' && more !== undefined)) return null
  if (/^0+$/.test(traceId!) || /^0+$/.test(spanId!)) return null
  return { traceId: traceId!, spanId: spanId!, flags: flags! }
}

/** Of a `traceparent` that {@link continueTrace} made. */
export const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35)
export const spanIdOf = (traceparent: string): string => traceparent.slice(36, 52)

/** Drawn in advance, as text: asking the system for each, or writing each as text, would take longer than all the rest. */
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
