import { FileRefused } from '../file-refused.ts'
import { otherCurrencyCodes, otherCurrencySigns } from '../values/other-currencies.ts'
import type { PackageParts } from './package-parts.ts'

/** Excel has at most 65,490 cell styles in a workbook. */
const MAX_STYLES = 65_490
const elements = ['numFmt', 'cellXfs', 'xf']
const [FORMAT, STYLES, STYLE] = [0, 1, 2]
/** Formats of dates and times that a workbook need not define (ECMA-376, 18.8.30), those of East Asia among them. */
const builtIn = new Set([...range(14, 22), ...range(45, 47), ...range(27, 36), ...range(50, 58)])
/** Excel writes no longer one. The patterns take quadratic time for some. */
const MAX_FORMAT_CHARS = 255
/** Signs and codes of currencies, as in `#,##0.00 [$€-407]`. */
const otherCurrency = new RegExp(`[${otherCurrencySigns}]|\\b(${otherCurrencyCodes})\\b|\\[\\$(?!US)[A-Z]{1,2}\\$`)
/** Texts, escaped signs, spaces of a width, fills, and colours or currencies: no part of a date. */
const literals = /"[^"]*"|\\.|[_*].|\[[^\]]*\]/gs

/** A style may show a number as a date or a time, or as an amount in another currency than USD. Null: it shows a number. */
export type ShownAs = 'date' | 'other currency' | null

/** Returns how each style of the cells of a workbook shows a number. The list is empty without styles. */
export async function readStyles (parts: PackageParts, part: string | null): Promise<ShownAs[]> {
  const custom = new Map<number, ShownAs>()
  const styles: ShownAs[] = []
  let inStyles = false
  if (part === null || !parts.has(part)) return styles
  await parts.scan(part, elements, {
    open (element, depth, attributes) {
      if (element === STYLES) inStyles = true
      else if (element === FORMAT || (element === STYLE && inStyles && depth === 3)) {
        const all = attributes.toMap()
        const id = Number(all.get('numFmtId') ?? 0)
        if (styles.length === MAX_STYLES || custom.size === MAX_STYLES) throw new FileRefused('damaged_workbook')
        if (element === FORMAT) custom.set(id, shownAs(all.get('formatCode') ?? ''))
        else styles.push(custom.has(id) ? custom.get(id)! : builtIn.has(id) ? 'date' : null)
      }
    },
    close (element) { if (element === STYLES) inStyles = false },
    text () {},
  })
  return styles
}

/** Returns how a format shows a number. */
export function shownAs (code: string): ShownAs {
  if (code.length > MAX_FORMAT_CHARS) return 'date' // no price may have it
  const signs = code.replace(literals, '').toLowerCase()
  const isDate = signs.includes('y') || signs.includes('h') || /\[(h+|m+|s+)\]/i.test(code) || (signs.includes('d') && signs.includes('m')) ||
    (/[dm]/.test(signs) && !/[0#?]/.test(signs))
  return isDate ? 'date' : otherCurrency.test(code) ? 'other currency' : null
}

function range (first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at)
}
