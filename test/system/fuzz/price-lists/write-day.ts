import fc from 'fast-check'
import { partsOf, type Chooser } from './true-prices.ts'

/**
 * What a written value tells a reader who knows no more than the value:
 *
 * - `one`: it can be read in one way, and shows no convention of its file;
 * - `proof`: it can be read in one way, and proves the convention;
 * - `two`: it can be read in two ways.
 */
export type Evidence = 'one' | 'proof' | 'two'
export type Written = { text: string, evidence: Evidence }

export type DayForm = 'y-m-d' | 'y/m/d' | 'y.m.d' | 'd.m.y' | 'd/m/y' | 'm/d/y' | 'd-m-y' | 'm-d-y' | 'd-Mon-y' | 'd Month y' | 'Mon d, y'
export type DayStyle = {
  form: DayForm
  isPadded: boolean
  /** Text after each day, or after some of them: a time at midnight. */
  times: readonly string[]
}

export const monthNames = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']

const times: ReadonlyArray<readonly string[]> = [
  [''], [''], [''], [' 00:00'], [' 00:00:00'], ['T00:00:00'], ['T00:00:00Z'], ['T00:00:00.000Z'], ['T00:00:00+00:00'], ['', ' 00:00:00'], [' 12:00:00 AM'], [' 0:00'],
]

export const dayStyles: fc.Arbitrary<DayStyle> = fc.record({
  form: fc.constantFrom<DayForm[]>('y-m-d', 'y-m-d', 'y-m-d', 'd/m/y', 'm/d/y', 'd/m/y', 'm/d/y', 'd.m.y', 'd.m.y', 'd-m-y', 'm-d-y', 'y/m/d', 'y.m.d', 'd-Mon-y', 'd Month y', 'Mon d, y'),
  isPadded: fc.boolean().map(isPadded => !isPadded),
  times: fc.constantFrom(...times),
})

/** Whether the text of a day shows an order of day and month that its file may contradict. */
export const hasOrder = ({ form }: DayStyle): boolean => /^(d[/-]m|m[/-]d)[/-]y$/.test(form)
export const isYearFirst = ({ form }: DayStyle): boolean => form.startsWith('y')
export const isNamed = ({ form }: DayStyle): boolean => form.includes('Mon')

/** Writes a day. The evidence follows from its number and its month: only the first twelve days of a month can be months. */
export function writeDay (dayNumber: number, style: DayStyle, choose: Chooser): Written {
  const { year, month, day } = partsOf(dayNumber)
  const pad = (value: number): string => style.isPadded || style.form === 'y-m-d' ? String(value).padStart(2, '0') : String(value)
  const [d, m, y, name] = [pad(day), pad(month), String(year), monthNames[month - 1]!]
  const month3 = choose.one([name.slice(0, 3), name.slice(0, 3).toUpperCase(), name.slice(0, 3).toLowerCase()])
  const text = {
    'y-m-d': `${y}-${m}-${d}`, 'y/m/d': `${y}/${m}/${d}`, 'y.m.d': `${y}.${m}.${d}`, 'd.m.y': `${d}.${m}.${y}`, 'd/m/y': `${d}/${m}/${y}`, 'm/d/y': `${m}/${d}/${y}`,
    'd-m-y': `${d}-${m}-${y}`, 'm-d-y': `${m}-${d}-${y}`, 'd-Mon-y': `${d}-${month3}-${y}`, 'd Month y': `${d} ${name} ${y}`, 'Mon d, y': `${month3} ${d}, ${y}`,
  }[style.form] + choose.one(style.times)
  if (!hasOrder(style) || day === month) return { text, evidence: 'one' }
  return { text, evidence: day > 12 ? 'proof' : 'two' }
}

/** The style of the other order of day and month. */
export const swapped = (style: DayStyle): DayStyle => {
  const [a, b] = style.form.startsWith('d') ? ['m', 'd'] : ['d', 'm']
  const sign = style.form[1]!
  return { ...style, form: `${a}${sign}${b}${sign}y` as DayForm }
}
