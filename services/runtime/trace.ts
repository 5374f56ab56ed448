import { randomFillSync } from 'node:crypto'

/** Where a piece of work belongs, by W3C Trace Context: what it is part of, itself, and what asked for it. */
export type Trace = {
  /** 32 hex digits, the same in every process that works on it. */
  traceId: string
  /** 16 hex digits: this piece; of an HTTP request it is the request's id too. */
  spanId: string
  /** The piece that asked for this one; null where it began here. */
  parentId: string | null
  /** Two hex digits, handed on as they came. */
  flags: string
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** A new piece of the trace that a `traceparent` names or, where it is absent or not well formed, of a new trace. */
export function continueTrace (traceparent: unknown): Trace {
  const parent = typeof traceparent === 'string' && traceparent.length <= 512 ? parse(traceparent) : null
  if (!parent) return { traceId: randomHex(16), spanId: randomHex(8), parentId: null, flags: '01' }
  return { ...parent, spanId: randomHex(8) }
}

/** What is handed on to whoever works on a part of it. */
export const traceparentOf = ({ traceId, spanId, flags }: Trace): string => `00-${traceId}-${spanId}-${flags}`

/** A version after 00 may have more behind its four fields; ff is none, nor are ids of zeros. */
function parse (text: string): Omit<Trace, 'spanId'> | null {
  const [, version, traceId, parentId, flags, more] = form.exec(text) ?? []
  if (!version || version === 'ff' || (version === '00' && more !== undefined)) return null
  if (/^0+$/.test(traceId!) || /^0+$/.test(parentId!)) return null
  return { traceId: traceId!, parentId: parentId!, flags: flags! }
}

/** Drawn in advance: asking the system for each would take longer than all the rest. */
const pool = Buffer.alloc(24 * 256)
let drawn = pool.length

function randomHex (bytes: number): string {
  if (drawn + bytes > pool.length) {
    randomFillSync(pool)
    drawn = 0
  }
  const text = pool.toString('hex', drawn, drawn + bytes)
  drawn += bytes
  return text
}
