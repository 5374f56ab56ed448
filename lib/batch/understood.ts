/** Most bytes of an {@link Understood} as JSON. */
export const understoodMaxBytes = 8_192

/** How a worker has read the file of a batch, for its provider to compare with the file. Prices are in USD, days are YYYY-MM-DD. */
export type Understood = {
  format: string
  /** Character encoding of a text, if it is not UTF-8. */
  charset?: string
  /** Separator of the fields of a text. */
  separator?: string
  /** `.` or `,`, if a price shows it. */
  decimal_sign?: string
  /** `day.month` or `month.day`, if a day shows it. */
  day_order?: string
  /** The sheet that was read. */
  sheet?: string
  /** The name in the file of each column. */
  columns?: Record<string, string>
  /** The profile, with its version. */
  profile?: { name: string, version: string }
  rows: number
  prices: number
  first_day: string | null
  last_day: string | null
  lowest_price: number | null
  highest_price: number | null
  /** The first five prices. */
  first_prices: Array<{ orig_code: string, dest_code: string, day: string, price: number }>
  /** What was not read, and why. */
  skipped: Array<{ what: string, count: number }>
}

/** Longest text in an {@link Understood}, in UTF-16 code units. */
const maxChars = 200

/**
 * Returns an understood file that PostgreSQL can store as jsonb, which has neither NUL nor half a surrogate pair, of at most
 * {@link understoodMaxBytes}. What was skipped goes first.
 */
export function storable (understood: Understood): Understood {
  const clean = JSON.parse(JSON.stringify(understood), (_, value: unknown) => typeof value === 'string' ? cleanText(value) : value) as Understood
  while (Buffer.byteLength(JSON.stringify(clean)) > understoodMaxBytes && clean.skipped.length > 0) clean.skipped.pop()
  if (Buffer.byteLength(JSON.stringify(clean)) > understoodMaxBytes) delete clean.columns
  return clean
}

const cleanText = (text: string): string => text.slice(0, maxChars).toWellFormed().replaceAll('\0', '\ufffd')
