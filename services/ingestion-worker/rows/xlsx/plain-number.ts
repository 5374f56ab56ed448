/** A whole number below 10^15 and a power of ten up to 10^15 are exact doubles, so their quotient is the double nearest to the text. */
const MAX_CHARS = 16
const MAX_DIGITS = 15
const powers = Array.from({ length: MAX_DIGITS + 1 }, (_, exponent) => 10 ** exponent)
const POINT = 0x2e

/** Returns the number that `bytes[start, end)` are in the form `1180` or `1180.5`, with at most 15 digits; NaN for any other text. */
export function readPlainNumber (bytes: Uint8Array, start: number, end: number): number {
  if (end - start > MAX_CHARS) return NaN
  let digits = 0
  let decimals = -1
  let value = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === POINT && decimals < 0 && digits > 0) decimals = 0
    else {
      const digit = byte - 0x30
      if (!(digit >= 0 && digit <= 9)) return NaN
      value = value * 10 + digit
      digits++
      if (decimals >= 0) decimals++
    }
  }
  if (digits === 0 || digits > MAX_DIGITS || decimals === 0) return NaN
  return decimals < 0 ? value : value / powers[decimals]!
}
