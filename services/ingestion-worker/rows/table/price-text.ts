/** The decimal sign of a file. */
export type DecimalSign = '.' | ','

/**
 * A price as read from its text:
 *
 * - `cents`: one reading. `proves` is the decimal sign that the text can only have, if it shows one;
 * - `digits`: two readings. The text has one `sign`, and three digits after it: thousands, or decimals;
 * - `code`: none.
 */
export type PriceReading =
  { cents: number, proves: DecimalSign | null } | { digits: number, sign: DecimalSign } | { code: 'malformed_price' | 'price_not_positive' | 'price_decimals' | 'price_too_large' | 'other_currency' }

const withDecimals = /^(\d+)([.,])(\d+)$/
/** Thousands in groups of three, then optionally the other sign and decimals. */
const grouped = /^([1-9]\d{0,2})(?:([.,' \u00a0\u2009\u202f\u2019])\d{3})(?:\2\d{3})*(?:([.,])(\d+))?$/
/** A longer text is no price. The patterns take quadratic time for some of them. */
const maxLength = 100
const dollarsBefore = /^(?:US ?\$|USD ?\$|USD|\$)\s*/i
const dollarsAfter = /\s*(?:US\$|USD|\$ ?USD|\$)$/i

/** Reads a price in USD from a text without white space around it. Never guesses: a text with two readings has `digits`. */
export function readPriceText (text: string): PriceReading {
  if (text.length > maxLength) return { code: 'malformed_price' }
  const amount = text.replace(dollarsBefore, '').replace(dollarsAfter, '')
  if (/^\d+$/.test(amount)) return centsOf(amount, '', null)
  const simple = withDecimals.exec(amount)
  if (simple) return readSimple(simple[1]!, simple[2] as DecimalSign, simple[3]!)
  const match = grouped.exec(amount)
  if (match) {
    const [, , separator, sign, decimals = ''] = match as unknown as [string, string, string, DecimalSign | undefined, string]
    if (separator === sign) return { code: 'malformed_price' }
    const whole = (sign ? amount.slice(0, amount.length - decimals.length - 1) : amount).replace(/\D/g, '')
    if (sign) return centsOf(whole, decimals, sign)
    return centsOf(whole, '', separator === '.' ? ',' : separator === ',' ? '.' : null)
  }
  if (/^-[\d.,' ]*\d$/.test(amount)) return { code: 'price_not_positive' }
  return { code: /[^\d.,' +()\-\s%eE]/.test(amount) && /\d/.test(amount) ? currencyOr(amount) : 'malformed_price' }
}

/** Returns the cents of a double; null if it is not within a millionth of a cent of one. */
export function centsOfDouble (value: number): number | null {
  const cents = Math.round(value * 100)
  return Math.abs(value - cents / 100) <= 1e-8 ? cents : null
}

function readSimple (whole: string, sign: DecimalSign, decimals: string): PriceReading {
  const isGroup = decimals.length === 3 && whole.length <= 3 && !whole.startsWith('0')
  return isGroup ? { digits: Number(whole + decimals), sign } : centsOf(whole, decimals, sign)
}

/** Returns an exact amount: at most two decimals beside zeros, or the text of a double next to a cent. */
function centsOf (whole: string, decimals: string, proves: DecimalSign | null): PriceReading {
  const digits = whole.replace(/^0+/, '')
  if (digits.length > 10) return { code: 'price_too_large' }
  const exact = decimals.replace(/0+$/, '')
  if (exact.length <= 2) return positive(Number(digits) * 100 + Number(exact.padEnd(2, '0')), proves)
  const cents = exact.length > 8 ? centsOfDouble(Number(`${digits || 0}.${exact}`)) : null
  return cents === null ? { code: 'price_decimals' } : positive(cents, proves)
}

const positive = (cents: number, proves: DecimalSign | null): PriceReading => cents > 0 ? { cents, proves } : { code: 'price_not_positive' }

/** A number with letters or another sign beside it. */
const currencyOr = (amount: string): 'other_currency' | 'malformed_price' =>
  /^(?:\p{Sc}|[A-Z]{3}|[A-Z]{1,2}\$)\s*[\d.,' ]+$|^[\d.,' ]+\s*(?:\p{Sc}|[A-Z]{3}|[A-Z]{1,2}\$?)$/iu.test(amount) ? 'other_currency' : 'malformed_price'
