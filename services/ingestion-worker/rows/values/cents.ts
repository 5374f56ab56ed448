/** Results of {@link readCents} for an invalid price. A valid price is above 0. */
export const MALFORMED_PRICE = -1
export const PRICE_NOT_POSITIVE = -2
export const PRICE_DECIMALS = -3
export const PRICE_TOO_LARGE = -4

const POINT = 0x2e

/**
 * Parses a price in USD from `bytes[start, end)`. Returns cents, 1 to 999,999,999,999, or a negative fault. The caller checks the
 * limit `RowRules.maxCents`.
 *
 * A price has digits, then optionally a point and one or two digits. Parsing uses no floating-point fractions, so the stored price equals
 * the written one. Leading zeros are accepted (`007.5`). A sign `+`, an exponent, a thousands separator, `.5` and `5.` are not.
 */
export function readCents (bytes: Uint8Array, start: number, end: number): number {
  const stop = end < start + 8 ? end : start + 8
  let at = start
  let dollars = 0
  for (; at < stop; at++) {
    const digit = bytes[at]! ^ 48
    if (digit > 9) break
    dollars = dollars * 10 + digit
  }
  const digits = at - start
  // With up to seven digits, cents fit in 31 bits and integer arithmetic is fast. Nearly all prices have at most seven digits.
  if (digits === 0 || digits > 7) return readUnusualCents(bytes, start, end)
  let cents = dollars * 100
  if (at < end) {
    const decimals = end - at - 1
    const tenths = bytes[at + 1]! ^ 48
    const hundredths = decimals === 2 ? bytes[at + 2]! ^ 48 : 0
    if (bytes[at] !== POINT || decimals < 1 || decimals > 2 || tenths > 9 || hundredths > 9) return readUnusualCents(bytes, start, end)
    cents += tenths * 10 + hundredths
  }
  return cents === 0 ? PRICE_NOT_POSITIVE : cents
}

/** Slow path with the complete rule: long prices, and the exact fault. */
function readUnusualCents (bytes: Uint8Array, start: number, end: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (!match) return MALFORMED_PRICE
  const [, sign, digits = '', decimals = ''] = match
  const dollars = digits.replace(/^0+/, '')
  if (sign) return PRICE_NOT_POSITIVE
  if (decimals.length > 2) return PRICE_DECIMALS
  if (dollars.length > 10) return PRICE_TOO_LARGE // numeric(12, 2): ten digits before the point
  const cents = Number(dollars) * 100 + Number(decimals.padEnd(2, '0'))
  return cents === 0 ? PRICE_NOT_POSITIVE : cents
}
