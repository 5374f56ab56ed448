import { otherCurrencyCodes, otherCurrencySigns } from '../values/other-currencies.ts'
import type { Ports } from '../values/ports.ts'
import type { RowChecker, Source } from '../values/row-checker.ts'
import { readDayText } from './day-text.ts'
import { readPriceText } from './price-text.ts'
import { trimmed } from './trimmed.ts'

/** Rows before a header that has at most this many of them. */
export const maxTitleRows = 50
/** Most values of a row that are looked at. */
const maxValues = 50
const maxTitleChars = 500
const otherCurrency = new RegExp(`\\b(?:in|currency|currencies|währung)\\b[\\s:]{1,5}(?:${otherCurrencyCodes}|euros?|[${otherCurrencySigns}])(?![a-z])`, 'i')

/** The rows before the header. They are titles, and not read, unless they show that the file would be read wrongly. */
export class Titles {
  count = 0
  readonly #checker: RowChecker
  #price: Source | null = null
  #otherCurrency: { text: string, source: Source } | null = null

  constructor (checker: RowChecker) {
    this.#checker = checker
  }

  /** Adds a row: its possible texts, one for each separator that it may have. Returns false if there are too many rows. */
  add (texts: ReadonlyArray<readonly string[]>, source: () => Source): boolean {
    if (!this.#price && texts.some(each => isPrice(each, this.#checker.rules.ports))) this.#price = source()
    const title = this.#otherCurrency ? undefined : texts[0]?.slice(0, maxValues).find(namesOtherCurrency)
    if (title !== undefined) this.#otherCurrency = { text: title, source: source() }
    return ++this.count <= maxTitleRows
  }

  /** Stops the reader, once the header is found, if a row before it is a price, or names another currency. */
  check (): void {
    if (this.#price) this.#checker.stop('rows_before_header', {}, this.#price)
    if (this.#otherCurrency) this.#checker.stop('other_currency', { value: this.#otherCurrency.text }, this.#otherCurrency.source)
  }
}

/** Returns whether a row of texts before the header is itself a price: two ports, a day and an amount. It would be lost as a title. */
function isPrice (texts: readonly string[], ports: Ports): boolean {
  const values = texts.slice(0, maxValues).map(trimmed).filter(text => text !== '' && text.length <= 100)
  const others = values.filter(text => {
    const bytes = Buffer.from(text)
    return ports.find(bytes, 0, bytes.length) < 0
  })
  if (values.length - others.length < 2) return false
  const days = others.filter(isDay)
  return days.length > 0 && others.length > days.length && others.some(text => !isDay(text) && !('code' in readPriceText(text)))
}

/** Returns whether a title says that the amounts below it are in another currency than USD, such as `All rates in EUR`. */
function namesOtherCurrency (title: string): boolean {
  const text = title.slice(0, maxTitleChars)
  return otherCurrency.test(text) && !/USD|US\s?\$/i.test(text)
}

function isDay (text: string): boolean {
  const read = readDayText(text)
  return !('code' in read) || read.code === 'serial_day'
}
