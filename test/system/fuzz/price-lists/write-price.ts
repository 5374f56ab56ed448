import fc from 'fast-check'
import type { Chooser } from './true-prices.ts'
import type { Written } from './write-day.ts'

export type PriceStyle = {
  sign: '.' | ','
  /** Separator of thousands, never the decimal sign. */
  group: string
  /** Decimals: those that are needed, a number of them, or those of a double next to the price. */
  decimals: 'needed' | 2 | 3 | 4 | 'double'
  /** Texts before and after a price. */
  around: ReadonlyArray<readonly [before: string, after: string]>
}

const groups = ['', '', '', 'other', 'other', 'other', ' ', '\u00a0', '\u202f', "'", '\u2019']
const around: ReadonlyArray<ReadonlyArray<readonly [string, string]>> = [
  [['', '']], [['', '']], [['', '']], [['', '']], [['$', '']], [['$ ', '']], [['US$', '']], [['US$ ', '']], [['', ' USD']], [['USD ', '']], [['', '$']], [['', ''], ['', ' usd'], ['$', '']],
]

export const priceStyles: fc.Arbitrary<PriceStyle> = fc.record({
  sign: fc.constantFrom<Array<'.' | ','>>('.', ','),
  group: fc.constantFrom(...groups),
  decimals: fc.constantFrom<Array<PriceStyle['decimals']>>('needed', 'needed', 2, 2, 3, 4, 'double'),
  around: fc.constantFrom(...around),
}).map(style => ({ ...style, group: style.group === 'other' ? otherSign(style.sign) : style.group }))

export const otherSign = (sign: '.' | ','): '.' | ',' => sign === '.' ? ',' : '.'

/**
 * Writes a price. Its evidence follows from what is written: decimals after a sign prove it, and so do two groups of thousands. One sign with three
 * digits after it, and one to three before it of which the first is no zero, can be both.
 */
export function writePrice (cents: number, style: PriceStyle, choose: Chooser): Written {
  const [before, after] = choose.one(style.around)
  const [dollars, decimals] = style.decimals === 'double' ? ofDouble(cents, choose) : [String(Math.floor(cents / 100)), decimalsOf(cents, style.decimals)]
  const isGrouped = style.group !== '' && dollars.length > 3 && style.decimals !== 'double' && !choose.isRare(5)
  const whole = isGrouped ? dollars.replace(/\B(?=(\d{3})+$)/g, () => style.group) : dollars
  const text = `${before}${whole}${decimals === '' ? '' : style.sign + decimals}${after}`
  if (decimals !== '') {
    const isOpen = !isGrouped && decimals.length === 3 && dollars.length <= 3 && dollars !== '0'
    return { text, evidence: isOpen ? 'two' : 'proof' }
  }
  const signs = isGrouped && /[.,]/.test(style.group) ? Math.floor((dollars.length - 1) / 3) : 0
  return { text, evidence: signs === 0 ? 'one' : signs === 1 ? 'two' : 'proof' }
}

function decimalsOf (cents: number, decimals: 'needed' | number): string {
  const exact = String(cents % 100).padStart(2, '0')
  return decimals === 'needed' ? exact.replace(/0+$/, '') : exact.padEnd(decimals, '0')
}

/** The digits around the point of a double close to the price, as programs print it: `1180` and `4999999999998` for 1180.50. */
function ofDouble (cents: number, choose: Chooser): [dollars: string, decimals: string] {
  const price = cents / 100
  const step = 2 ** (Math.floor(Math.log2(price)) - 52)
  const [dollars, decimals = ''] = String(price + choose.one([0, 1, -1, 2, -2]) * step).split('.')
  return [dollars!, decimals]
}
