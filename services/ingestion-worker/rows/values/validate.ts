import { isUtf8 } from 'node:buffer'
import { MALFORMED_PRICE, PRICE_DECIMALS, PRICE_NOT_POSITIVE, PRICE_TOO_LARGE, readCents } from './cents.ts'
import { formatDay, MALFORMED_DAY, NOT_A_DAY, readDay } from './days.ts'
import { MALFORMED_PORT, RETIRED_PORT, UNKNOWN_PORT } from './ports.ts'
import type { RowErrorCode } from './row-error.ts'
import type { RowRules } from './rules.ts'

/** Columns of a price. Errors and spans of a row use this order, whatever the order in the file. */
export const columns = ['orig_code', 'dest_code', 'day', 'price'] as const

/**
 * Start and end of the four values of a row within its bytes, in the order of {@link columns}. All rows share one array, so that a good row
 * allocates nothing.
 */
export type Spans = Int32Array

export function newSpans (): Spans {
  return new Int32Array(columns.length * 2)
}

export type FieldFault = { column: number, code: RowErrorCode, detail?: string }

const portCodes: Record<number, RowErrorCode> = {
  [MALFORMED_PORT]: 'malformed_port',
  [UNKNOWN_PORT]: 'unknown_port',
  [RETIRED_PORT]: 'retired_port',
}
const dayCodes: Record<number, RowErrorCode> = {
  [MALFORMED_DAY]: 'malformed_day',
  [NOT_A_DAY]: 'not_a_day',
}
const priceCodes: Record<number, RowErrorCode> = {
  [MALFORMED_PRICE]: 'malformed_price',
  [PRICE_NOT_POSITIVE]: 'price_not_positive',
  [PRICE_DECIMALS]: 'price_decimals',
  [PRICE_TOO_LARGE]: 'price_too_large',
}

/** The rules of a price. Each returns the fault of one value, or undefined for a good value. They run for every row and allocate nothing. */
export const origFault = (orig: number): RowErrorCode | undefined => orig < 0 ? portCodes[orig] : undefined
export const destFault = (dest: number, orig: number): RowErrorCode | undefined =>
  dest < 0 ? portCodes[dest] : dest === orig ? 'same_port' : undefined
export const dayFault = (day: number, { firstDay, lastDay }: RowRules): RowErrorCode | undefined =>
  day >= firstDay && day <= lastDay ? undefined : dayCodes[day] ?? 'day_out_of_span'
export const priceFault = (cents: number, { maxCents }: RowRules): RowErrorCode | undefined =>
  cents >= 0 && cents <= maxCents ? undefined : priceCodes[cents] ?? 'price_too_large'

/** Returns every fault of the four values of a row. */
export function fieldFaults (bytes: Uint8Array, spans: Spans, rules: RowRules): FieldFault[] {
  const [a, b, c, d, e, f, g, h] = spans as unknown as [number, number, number, number, number, number, number, number]
  const orig = rules.ports.find(bytes, a, b)
  const dest = rules.ports.find(bytes, c, d)
  const codes = [origFault(orig), destFault(dest, orig), dayFault(readDay(bytes, e, f), rules), priceFault(readCents(bytes, g, h), rules)]
  const faults = codes.flatMap((code, column): FieldFault[] => code ? [{ column, code, ...detailOf(code, rules) }] : [])
  return faults.map(fault => {
    const start = spans[fault.column * 2]!
    const end = spans[fault.column * 2 + 1]!
    if (start === end) return { column: fault.column, code: 'missing_value' }
    return isUtf8(bytes.subarray(start, end)) ? fault : { column: fault.column, code: 'not_utf8' }
  })
}

/** Returns the detail of a code's message. */
export function detailOf (code: RowErrorCode, { firstDay, lastDay, maxCents }: RowRules): { detail?: string } {
  if (code === 'day_out_of_span') return { detail: `${formatDay(firstDay)} to ${formatDay(lastDay)}` }
  return code === 'price_too_large' ? { detail: String(maxCents / 100) } : {}
}
