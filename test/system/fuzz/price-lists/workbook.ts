import fc from 'fast-check'
import { headers, isValidity, type Header } from './headers.ts'
import { plants, type Plant } from './plants.ts'
import { priceLists, type Line } from './true-prices.ts'
import { dayStyles, type DayStyle } from './write-day.ts'
import { priceStyles, type PriceStyle } from './write-price.ts'
import type { Other } from '../../../harness/workbook-package.ts'
import type { CellStyle } from './workbook-xml.ts'

export type Book = {
  list: Line[]
  header: Header
  dayStyle: DayStyle
  priceStyle: PriceStyle
  cells: CellStyle
  days: 'serial' | 'iso' | 'text' | 'mixed'
  prices: 'number' | 'text' | 'mixed'
  titles: readonly string[]
  others: readonly Other[]
  isStored: boolean
  plant: Plant | { kind: 'bad cell', at: number, cell: BadCell } | null
}

/** XML of a cell without its place that is no day and no price. */
const badCells = [
  '{t="e"><v>#N/A</v>', '{t="b"><v>1</v>', '{><f>A1</f><v></v>', '{><f>A1</f>', '{><v>NaN</v>', '{><v>0</v>', '{><v>-5</v>', '{><v>44227.125</v>', '{t="str"><f>A1</f><v>TBA</v>',
  '{t="d"><v>2021-01-31T08:00:00</v>', '{><v>1180.496</v>', '{><v>1e300</v>', '{t="e"><f>1/0</f><v>#DIV/0!</v>', '{t="inlineStr"><is><t>n/a</t></is>',
] as const
type BadCell = (typeof badCells)[number]

const bookPlants = fc.oneof(
  { weight: 3, arbitrary: plants },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('bad cell' as const), at: fc.nat(999), cell: fc.constantFrom(...badCells) }) })

/** Workbooks with a price list. */
export const books: fc.Arbitrary<Book> = fc.record({
  list: priceLists, header: headers, dayStyle: dayStyles, priceStyle: priceStyles,
  cells: fc.record({
    epoch: fc.constantFrom<Array<1900 | 1904>>(1900, 1900, 1904), texts: fc.constantFrom<Array<CellStyle['texts']>>('shared', 'inline', 'formula', 'runs'),
    hasPlaces: fc.boolean().map(lacks => !lacks), numbers: fc.constantFrom<Array<CellStyle['numbers']>>('shortest', 'double', 'exponent', 'formula'),
  }),
  days: fc.constantFrom<Array<Book['days']>>('serial', 'serial', 'iso', 'text', 'mixed'),
  prices: fc.constantFrom<Array<Book['prices']>>('number', 'number', 'text', 'mixed'),
  titles: fc.array(fc.constantFrom('Rates of Acme', 'Preise für März', 'Printed: 01/02/2021', '運賃表', 'Origin'), { maxLength: 2 }),
  others: fc.subarray<Other>(['hidden rows', 'hidden column', 'hidden list', 'notes', 'chart']),
  isStored: fc.boolean(), plant: bookPlants,
}).map(book => isValidity(book.header) ? book : { ...book, list: book.list.map(line => ({ ...line, lastDay: line.day })) })
