import { escapedXml as escaped, preservedXml as preserved } from '../../../harness/workbook-package.ts'
import type { Field } from './headers.ts'
import { chooser, partsOf, type Line } from './true-prices.ts'

export type CellStyle = {
  epoch: 1900 | 1904
  texts: 'shared' | 'inline' | 'formula' | 'runs'
  /** Whether rows and cells have their place. */
  hasPlaces: boolean
  numbers: 'shortest' | 'double' | 'exponent' | 'formula'
}

export const columnLetter = (at: number): string => String.fromCharCode(65 + at)

/** A cell with a text, up to the end of its content. `{` stands for the element and its place. */
export function textXml (text: string, { texts }: CellStyle, shared: string[]): string {
  if (texts === 'inline') return `{t="inlineStr"><is>${preserved(text)}</is>`
  if (texts === 'runs') return `{t="inlineStr"><is><r>${preserved(text.slice(0, 2))}</r><r><rPr><b/></rPr>${preserved(text.slice(2))}</r></is>`
  if (texts === 'formula') return `{t="str"><f>"x"</f><v>${escaped(text)}</v>`
  const known = shared.indexOf(text)
  return `{t="s"><v>${known < 0 ? shared.push(text) - 1 : known}</v>`
}

/** A cell with a day or a price as a number, or with a day in ISO 8601. */
export function cellXml (field: Field, line: Line, isIso: boolean, { epoch, numbers }: CellStyle): string {
  const choose = chooser(line.noise ^ 0x0aaaaaaa)
  if (field === 'price') {
    const price = line.cents / 100
    const near = price + choose.one([0, 1, -1, 2, -2]) * 2 ** (Math.floor(Math.log2(price)) - 52)
    const text = numbers === 'exponent' ? price.toExponential() : numbers === 'double' ? near.toPrecision(17) : String(price)
    return numbers === 'formula' ? `{><f>B1*2</f><v>${text}</v>` : `{s="${choose.one([0, 1])}"><v>${text}</v>`
  }
  const day = field === 'valid_to' ? line.lastDay : line.day
  if (isIso) {
    const { year, month, day: ofMonth } = partsOf(day)
    return `{t="d"><v>${year}-${String(month).padStart(2, '0')}-${String(ofMonth).padStart(2, '0')}${choose.one(['', 'T00:00:00', 'T00:00:00.000'])}</v>`
  }
  return `{s="1"><v>${day + (epoch === 1900 ? 25_569 : 24_107)}${choose.one(['', '.0'])}</v>`
}
