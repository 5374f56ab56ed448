import { isValidity, type Field, type Header } from './headers.ts'
import type { Plant } from './plants.ts'
import { chooser, partsOf, portCodes, type Line } from './true-prices.ts'
import { hasOrder, isNamed, isYearFirst, swapped, writeDay, type DayStyle, type Evidence, type Written } from './write-day.ts'
import { otherSign, writePrice, type PriceStyle } from './write-price.ts'

/** The values of a line as texts. */
export type WrittenLine = Partial<Record<Field, Written>>
export type Styles = { header: Header, dayStyle: DayStyle, priceStyle: PriceStyle }

export function writeLine (line: Line, { header, dayStyle, priceStyle }: Styles): WrittenLine {
  const choose = chooser(line.noise)
  const code = (port: number): Written => ({ text: choose.isRare(4) ? portCodes[port]!.toLowerCase() : portCodes[port]!, evidence: 'one' })
  return {
    orig_code: code(line.orig), dest_code: code(line.dest), price: writePrice(line.cents, priceStyle, choose),
    ...(isValidity(header)
      ? { valid_from: writeDay(line.day, dayStyle, choose), valid_to: writeDay(line.lastDay, dayStyle, choose) }
      : { day: writeDay(line.day, dayStyle, choose) }),
  }
}

export const daysOf = (lines: readonly WrittenLine[]): Evidence[] =>
  lines.flatMap(({ day, valid_from: from, valid_to: to }) => [day, from, to].flatMap(value => value?.evidence ?? []))
export const pricesOf = (lines: readonly WrittenLine[]): Evidence[] => lines.flatMap(({ price }) => price?.evidence ?? [])

/**
 * Replaces a value of a line by the plant, if it is of this kind, so that it contradicts the others or cannot be read. Returns its field; null if
 * nothing was replaced: a value of the other order in a list that proves none is no contradiction.
 */
export function plantValue (lines: WrittenLine[], list: readonly Line[], plant: Plant, { header, dayStyle, priceStyle }: Styles): Field | null {
  if (!('at' in plant) || lines.length === 0) return null
  const at = plant.at % lines.length
  const [line, dayField] = [lines[at]!, isValidity(header) ? 'valid_from' as const : 'day' as const]
  const put = (field: Field, text: string): Field => {
    line[field] = { text, evidence: 'one' }
    return field
  }
  const others = lines.filter((_, index) => index !== at)
  const { cents, day } = list[at]!
  const lateDay = day - partsOf(day).day + 13 + plant.at % 15
  switch (plant.kind) {
    case 'bad day': return put(plant.at % 2 && isValidity(header) ? 'valid_to' : dayField, plant.text)
    case 'bad price': return put('price', plant.text)
    case 'bad port': return put(plant.at % 2 ? 'orig_code' : 'dest_code', plant.text)
    case 'other order of days':
      if (!hasOrder(dayStyle) || !daysOf(others).includes('proof')) return null
      return put(dayField, writeDay(lateDay, swapped(dayStyle), chooser(0)).text)
    case 'other form of days': {
      if (others.length === 0 || isNamed(dayStyle)) return null
      const form = isYearFirst(dayStyle) ? 'd/m/y' : 'y-m-d'
      return put(dayField, writeDay(lateDay, { ...dayStyle, form }, chooser(0)).text)
    }
    case 'other decimal sign': {
      const style: PriceStyle = { ...priceStyle, sign: otherSign(priceStyle.sign), group: plant.at % 2 ? priceStyle.sign : '', decimals: 2 }
      return pricesOf(others).includes('proof') ? put('price', writePrice(cents, style, chooser(0)).text) : null
    }
    default: return null
  }
}
