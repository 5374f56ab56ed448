import fc from 'fast-check'
import { headers, isValidity, type Header } from './headers.ts'
import { plants, type Plant } from './plants.ts'
import { chooser, priceLists, type Line } from './true-prices.ts'
import { verdictOf, type Verdict } from './verdict.ts'
import { dayStyles, type DayStyle } from './write-day.ts'
import { daysOf, plantValue, pricesOf, writeLine, type WrittenLine } from './write-lines.ts'
import { priceStyles, type PriceStyle } from './write-price.ts'

export type Encoding = 'utf-8' | 'utf-8 with a mark' | 'utf-16le with a mark' | 'utf-16be with a mark' | 'utf-16le' | 'utf-16be' | 'windows-1252' | 'windows-1252, declared'
export type TextFile = {
  list: Line[]
  header: Header
  dayStyle: DayStyle
  priceStyle: PriceStyle
  separator: ',' | ';' | '\t' | '|'
  hasSepLine: boolean
  encoding: Encoding
  lineEnd: '\n' | '\r\n' | '\r'
  isLastLineEnded: boolean
  isQuoted: boolean
  titles: readonly string[]
  /** Empty values after the columns of the header, in each row. */
  moreEmpty: number
  /** Whether some values have white space around them, and whether some rows are empty. */
  isUntidy: boolean
  plant: Plant | null
}

const titles = [
  'Rates of Acme', 'Preise für März 2021', 'Tarifs de février, tout compris; sous réserve | page 1', '40" containers', 'Origin', 'Printed: 01/02/2021', '',
  'Gültig ab 01.02.2021;', '"quoted ""title"""', '運賃表',
]

const rarely = (odds: number) => fc.integer({ min: 0, max: odds - 1 }).map(value => value === odds - 1)

const anyFiles: fc.Arbitrary<TextFile> = fc.record({
  list: priceLists, header: headers, dayStyle: dayStyles, priceStyle: priceStyles, plant: plants,
  separator: fc.constantFrom<Array<TextFile['separator']>>(',', ',', ';', ';', '\t', '|'),
  hasSepLine: rarely(8),
  encoding: fc.constantFrom<Encoding[]>(
    'utf-8', 'utf-8', 'utf-8', 'utf-8', 'utf-8', 'utf-8', 'utf-8 with a mark', 'utf-8 with a mark', 'utf-16le with a mark',
    'utf-16be with a mark', 'utf-16le', 'utf-16be', 'windows-1252', 'windows-1252, declared'),
  lineEnd: fc.constantFrom<Array<TextFile['lineEnd']>>('\n', '\n', '\r\n', '\r\n', '\r'),
  isLastLineEnded: rarely(4).map(isRare => !isRare), isQuoted: rarely(5), isUntidy: rarely(3),
  titles: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(...titles), { minLength: 1, maxLength: 3 }) }),
  moreEmpty: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) }),
})

/** Gives a file the standard form but for its prices: most of its rows then take the shortest way through the parser. */
const nearlyStandard = (file: TextFile): TextFile => ({
  ...file, header: { order: ['orig_code', 'dest_code', 'day', 'price'], names: ['orig_code', 'dest_code', 'day', 'price'], hasIndex: false }, isQuoted: false, moreEmpty: 0,
  dayStyle: { form: 'y-m-d', isPadded: true, times: [''] }, priceStyle: { ...file.priceStyle, around: [['', '']], decimals: file.priceStyle.decimals === 'double' ? 2 : file.priceStyle.decimals },
})

export const textFiles: fc.Arbitrary<TextFile> = fc.tuple(anyFiles, rarely(3)).map(([any, isStandard]) => {
  const file = isStandard ? nearlyStandard(any) : any
  return isValidity(file.header) ? file : { ...file, list: file.list.map(line => ({ ...line, lastDay: line.day })) }
})

/** Writes a file. Also returns what a reader must do with it. */
export function writeTextFile (file: TextFile): { bytes: Buffer, verdict: Verdict } {
  const { header, list, plant } = file
  const lines = list.map(line => writeLine(line, file))
  const isPlanted = plant !== null && plantValue(lines, list, plant, file) !== null
  const columns = plant?.kind === 'bad header' ? [...header.names, plant.name] : [...header.names]
  const rows = lines.map((line, at) => rowOf(file, line, at))
  const planted = isPlanted ? plant.kind : plant && plantRow(file, rows)
  const texts = [
    ...(file.hasSepLine ? [`sep=${file.separator}`] : []),
    ...file.titles,
    columns.map(name => quoted(file, name)).join(file.separator),
    ...rows.flatMap((row, at) => [...emptyRows(file, at), row]),
  ]
  const text = texts.join(file.lineEnd) + (file.isLastLineEnded ? file.lineEnd : '')
  const isEncoded = file.encoding !== 'windows-1252' || rows.every(row => isAscii(row)) // a byte that is no UTF-8 in a row may be in one of our columns
  return { bytes: encode(text, file), verdict: isEncoded || planted ? verdictOf(daysOf(lines), pricesOf(lines), planted) : { must: 'never wrong', why: 'undeclared encoding' } }
}

const isAscii = (text: string): boolean => !/[\u0080-\uffff]/.test(text)

function rowOf (file: TextFile, line: WrittenLine, at: number): string {
  const { header, moreEmpty, plant, separator } = file
  const choose = chooser(file.list[at]!.noise ^ 0x55555555)
  const values = header.order.map(field => {
    if (field === null) return ''
    const { text } = line[field]!
    return quoted(file, file.isUntidy && choose.isRare(6) ? choose.one(untidy(text)) : text, choose.isRare(9))
  })
  const more = plant?.kind === 'bad header' ? ['1'] : []
  return [...(header.hasIndex ? [String(at)] : []), ...values, ...more, ...Array<string>(moreEmpty).fill('')].join(separator)
}

const untidy = (text: string): string[] => [` ${text}`, `${text} `, ` ${text}\u00a0`, `\u00a0${text}`, `${text}  `, `\ufeff${text}`]

function quoted ({ separator, isQuoted }: TextFile, text: string, isChosen = false): string {
  return isQuoted || isChosen || /["\r\n]/.test(text) || text.includes(separator) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Rows without values before a line, as spreadsheets write them. */
function emptyRows ({ isUntidy, header, separator, list }: TextFile, at: number): string[] {
  const choose = chooser((list[at]?.noise ?? 0) ^ 0x33333333)
  return isUntidy && choose.isRare(8) ? [choose.one(['', separator.repeat(header.names.length - 1), separator, ` ${separator} `])] : []
}

/** Changes a row by the plant, if it is of this kind. Returns the kind, null if nothing is planted. */
function plantRow ({ plant, header, separator }: TextFile, rows: string[]): string | null {
  if (!plant) return null
  if (plant.kind === 'bad header') return plant.kind
  const at = plant.at % rows.length
  const row = (valueAt: (column: number) => string): string => {
    const values = Array.from({ length: header.order.length }, (_, column) => valueAt(column))
    return [...(header.hasIndex ? [String(at)] : []), ...values].join(separator)
  }
  if (plant.kind === 'total') {
    const total = ['Total', 'TOTAL:', 'Summe', 'Grand Total', 'Total 2021'][plant.at % 5]!
    const sum = (column: number): string => header.order[column] === 'price' ? '12345' : ''
    rows.splice(at + 1, 0, row(column => column === 0 ? total : sum(column)))
  } else if (plant.kind === 'value beyond the columns') rows[at] += `${separator}${plant.at % 2 ? separator : ''}7`
  else if (plant.kind === 'missing value') rows[at] = row(column => header.order[column] ? 'x' : '').slice(0, 1 + plant.at % 7)
  else if (plant.kind === 'unquoted decimals' && separator === ',') {
    const values: Record<string, string> = { orig_code: 'CNGGZ', dest_code: 'EETLL', day: '2021-01-31', valid_from: '2021-01-31', valid_to: '2021-01-31', price: '1180,50' }
    rows[at] = row(column => values[header.order[column] ?? ''] ?? '')
  } else return null
  return plant.kind
}

function encode (text: string, { encoding }: TextFile): Buffer {
  const is16 = encoding.startsWith('utf-16')
  // Without a mark, only the NUL bytes of the first two characters show UTF-16.
  const hasMark = encoding.endsWith('mark') || (is16 && !/^[ -\u00ff]{2}/.test(text))
  const marked = hasMark ? `\ufeff${text}` : text
  if (is16) return encoding.startsWith('utf-16be') ? Buffer.from(marked, 'utf16le').swap16() : Buffer.from(marked, 'utf16le')
  return encoding.startsWith('windows') ? windows1252(text) : Buffer.from(marked)
}

/** Narrow no-break spaces and other characters that the encoding lacks become what programs write for them. */
const windows1252 = (text: string): Buffer => Buffer.from(text.replaceAll('\u202f', '\u00a0').replaceAll('\ufeff', ' ').replaceAll('\u2019', '\u0092').replace(/[\u0100-\uffff]/g, '?'), 'latin1')
