import { isUtf8 } from 'node:buffer'
import { MALFORMED_PRICE, PRICE_DECIMALS, PRICE_NOT_POSITIVE, PRICE_TOO_LARGE, readCents } from './cents.ts'
import { formatDay, MALFORMED_DAY, NOT_A_DAY, readDay } from './days.ts'
import { MALFORMED_PORT, RETIRED_PORT, UNKNOWN_PORT } from './ports.ts'
import type { RowErrorCode } from './row-error.ts'
import type { RowRules } from './rules.ts'

/** The columns of a price. A row's values are told by this order, whatever order the file has. */
export const columns = ['orig_code', 'dest_code', 'day', 'price'] as const

/**
 * Where the four values of a row lie in some bytes, in the order of {@link columns}: start and end of each. One array is
 * used for every row, so that a good row makes no garbage.
 */
export type Spans = Int32Array

export function newSpans (): Spans {
  return new Int32Array(columns.length * 2)
}

export type FieldFault = { column: number, code: RowErrorCode, detail?: string }

const codes: Record<number, RowErrorCode> = {
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
}

/** Every fault of the four values: the rules of a price, said once for all formats. Empty for a good row. */
export function fieldFaults (bytes: Uint8Array, spans: Spans, rules: RowRules): FieldFault[] {
  const faults: FieldFault[] = []
  const [a, b, c, d, e, f, g, h] = spans as unknown as [number, number, number, number, number, number, number, number]
  const orig = rules.ports.find(bytes, a, b)
  const dest = rules.ports.find(bytes, c, d)
  const day = readDay(bytes, e, f)
  const cents = readCents(bytes, g, h)
  if (orig < 0) faults.push({ column: 0, code: codes[orig]! })
  if (dest < 0) faults.push({ column: 1, code: codes[dest]! })
  else if (dest === orig) faults.push({ column: 1, code: 'same_port' })
  if (day <= MALFORMED_DAY) faults.push({ column: 2, code: dayCodes[day]! })
  else if (day < rules.firstDay || day > rules.lastDay) {
    faults.push({ column: 2, code: 'day_out_of_span', detail: `${formatDay(rules.firstDay)} to ${formatDay(rules.lastDay)}` })
  }
  if (cents > rules.maxCents || cents === PRICE_TOO_LARGE) faults.push({ column: 3, code: 'price_too_large', detail: String(rules.maxCents / 100) })
  else if (cents < 0) faults.push({ column: 3, code: priceCodes[cents]! })
  return faults.map(fault => {
    const start = spans[fault.column * 2]!
    const end = spans[fault.column * 2 + 1]!
    if (start === end) return { column: fault.column, code: 'missing_value' }
    return isUtf8(bytes.subarray(start, end)) ? fault : { column: fault.column, code: 'not_utf8' }
  })
}
