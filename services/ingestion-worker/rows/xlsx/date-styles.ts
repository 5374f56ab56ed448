import { FileRefused } from '../file-refused.ts'
import type { PackageParts } from './package-parts.ts'

/** Excel has at most 65,490 cell styles in a workbook. */
const MAX_STYLES = 65_490
const elements = ['numFmt', 'cellXfs', 'xf']
const [FORMAT, STYLES, STYLE] = [0, 1, 2]
/** Formats of dates and times that a workbook need not define (ECMA-376, 18.8.30), those of East Asia among them. */
const builtIn = new Set([...range(14, 22), ...range(45, 47), ...range(27, 36), ...range(50, 58)])
/** Texts, escaped signs, spaces of a width, fills, and colours or currencies: no part of a date. */
const literals = /"[^"]*"|\\.|[_*].|\[[^\]]*\]/gs

/** Returns, for each style of the cells of a workbook, whether it shows a number as a date. Empty without styles. */
export async function readDateStyles (parts: PackageParts, part: string | null): Promise<boolean[]> {
  const custom = new Map<number, boolean>()
  const styles: boolean[] = []
  let inStyles = false
  if (part === null || !parts.has(part)) return styles
  await parts.scan(part, elements, {
    open (element, depth, attributes) {
      if (element === STYLES) inStyles = true
      else if (element === FORMAT || (element === STYLE && inStyles && depth === 3)) {
        const all = attributes.toMap()
        const id = Number(all.get('numFmtId') ?? 0)
        if (styles.length === MAX_STYLES || custom.size === MAX_STYLES) throw new FileRefused('damaged_workbook')
        if (element === FORMAT) custom.set(id, isDateFormat(all.get('formatCode') ?? ''))
        else styles.push(custom.get(id) ?? builtIn.has(id))
      }
    },
    close (element) { if (element === STYLES) inStyles = false },
    text () {},
  })
  return styles
}

/** Returns whether a format shows a year, a day and a month, or a time. */
export function isDateFormat (code: string): boolean {
  const signs = code.replace(literals, '').toLowerCase()
  return signs.includes('y') || signs.includes('h') || /\[(h+|m+|s+)\]/i.test(code) || (signs.includes('d') && signs.includes('m'))
}

function range (first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at)
}
