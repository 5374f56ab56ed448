import fc from 'fast-check'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { headers, isValidity, type Field, type Header } from './headers.ts'
import { plants, type Plant } from './plants.ts'
import { priceLists, type Line } from './true-prices.ts'
import { verdictOf, type Verdict } from './verdict.ts'
import { dayStyles, type DayStyle } from './write-day.ts'
import { daysOf, plantValue, pricesOf, writeLine } from './write-lines.ts'
import { priceStyles, type PriceStyle } from './write-price.ts'

type Element = NonNullable<Parameters<typeof parquetWriteBuffer>[0]['schema']>[number]
type Data = Array<string | number | bigint | null>

const dayTypes = {
  text: null,
  date: { type: 'INT32', converted_type: 'DATE' },
  milliseconds: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  microseconds: { type: 'INT64', converted_type: 'TIMESTAMP_MICROS' },
  nanoseconds: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'NANOS' } },
} as const satisfies Record<string, Partial<Element> | null>
const priceTypes = {
  text: null,
  double: { type: 'DOUBLE' },
  float: { type: 'FLOAT' },
  'decimal of 32 bits': { type: 'INT32', converted_type: 'DECIMAL', precision: 9, scale: 2 },
  'decimal of 64 bits': { type: 'INT64', converted_type: 'DECIMAL', precision: 18, scale: 4 },
  'decimal of 16 bytes': { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, converted_type: 'DECIMAL', precision: 38, scale: 9 },
  'whole dollars': { type: 'INT64' },
} as const satisfies Record<string, Partial<Element> | null>

/** Values of a column of numbers that are no day and no price: null, or what becomes of the true one. */
const damages = ['null', 'NaN', 'part of a cent', 'negative', 'hour', 'float of two prices'] as const

export type ParquetFile = {
  list: Line[], header: Header, dayStyle: DayStyle, priceStyle: PriceStyle
  day: keyof typeof dayTypes, price: keyof typeof priceTypes
  rowGroupSize: number, pageSize: number, isCompressed: boolean, hasIndex: boolean
  plant: Plant | { kind: 'damage', at: number, damage: (typeof damages)[number] } | null
}

export const parquetFiles: fc.Arbitrary<ParquetFile> = fc.record({
  list: priceLists, header: headers, dayStyle: dayStyles, priceStyle: priceStyles,
  day: fc.constantFrom(...Object.keys(dayTypes) as Array<keyof typeof dayTypes>),
  price: fc.constantFrom(...Object.keys(priceTypes) as Array<keyof typeof priceTypes>),
  rowGroupSize: fc.constantFrom(1_000, 7, 1), pageSize: fc.constantFrom(1_048_576, 40), isCompressed: fc.boolean(), hasIndex: fc.boolean(),
  plant: fc.oneof(
    { weight: 3, arbitrary: plants },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('damage' as const), at: fc.nat(999), damage: fc.constantFrom(...damages) }) }),
}).map(file => ({
  ...file,
  list: file.list.map(line => ({ ...line, lastDay: isValidity(file.header) ? line.lastDay : line.day, cents: centsFor(file.price, line.cents) })),
}))

/** A price that its type can hold exactly, or as the only price next to a float. */
function centsFor (type: keyof typeof priceTypes, cents: number): number {
  if (type === 'float') return 1 + cents % 9_999_999
  return type === 'whole dollars' ? Math.ceil(cents / 100) * 100 : cents
}

/** Writes a Parquet file. Also returns what a reader must do with it. */
export function writeParquet (file: ParquetFile): { bytes: Uint8Array, verdict: Verdict } {
  const { header, list, plant } = file
  const written = list.map(line => writeLine(line, file))
  const texts = written.map(line => ({
    orig_code: line.orig_code, dest_code: line.dest_code,
    ...(file.day === 'text' ? { day: line.day, valid_from: line.valid_from, valid_to: line.valid_to } : {}),
    ...(file.price === 'text' ? { price: line.price } : {}),
  }))
  const isOfText = (plant?.kind !== 'bad day' && !plant?.kind.includes('days')) || file.day === 'text'
  const isOfPrice = (plant?.kind !== 'bad price' && plant?.kind !== 'other decimal sign') || file.price === 'text'
  const isPlaced = plant && plant.kind !== 'damage' && plant.kind !== 'other form of days' && isOfText && isOfPrice
  let planted: string | null = isPlaced && plantValue(texts, list, plant, file) !== null ? plant.kind : null
  const columns: Array<{ name: string, element: Partial<Element>, data: Data }> = []
  for (const [at, field] of header.order.entries()) {
    if (field === null) continue
    const data = list.map((line, row) => texts[row]![field]?.text ?? valueOf(file, field, line))
    columns.push({ name: header.names[at + (header.hasIndex ? 1 : 0)]!, element: elementOf(file, field), data })
  }
  if (plant?.kind === 'damage' && damage(file, columns, plant)) planted = `damage: ${plant.damage}`
  if (plant?.kind === 'bad header') {
    planted = plant.kind
    // The writer finds columns by their names: a second one of a name gets a space, which a reader ignores.
    columns.push({ name: columns.some(({ name }) => name === plant.name) ? `${plant.name} ` : plant.name, element: { type: 'DOUBLE' }, data: list.map(() => 1) })
  }
  if (file.hasIndex) columns.push({ name: '__index_level_0__', element: { type: 'INT64' }, data: list.map((_, at) => BigInt(at * 7)) })
  const bytes = parquetWriteBuffer({
    columnData: columns.map(({ name, data }) => ({ name, data })),
    codec: file.isCompressed ? 'SNAPPY' : 'UNCOMPRESSED', rowGroupSize: file.rowGroupSize, pageSize: file.pageSize,
    schema: [{ name: 'root', num_children: columns.length }, ...columns.map(({ name, element }) => ({ name, repetition_type: 'OPTIONAL' as const, ...element }))],
  })
  return { bytes: new Uint8Array(bytes), verdict: verdictOf(daysOf(texts), pricesOf(texts), planted) }
}

function elementOf (file: ParquetFile, field: Field): Partial<Element> {
  const type = field === 'price' ? priceTypes[file.price] : field.endsWith('code') ? null : dayTypes[file.day]
  return type ?? { type: 'BYTE_ARRAY', converted_type: 'UTF8' }
}

function valueOf (file: ParquetFile, field: Field, { day, lastDay, cents }: Line): number | bigint {
  if (field === 'price') {
    const { scale } = priceTypes[file.price] as { scale?: number }
    if (scale !== undefined) return BigInt(cents) * 10n ** BigInt(scale - 2)
    return file.price === 'whole dollars' ? BigInt(cents / 100) : cents / 100
  }
  const value = field === 'valid_to' ? lastDay : day
  return file.day === 'date' ? value : BigInt(value) * 86_400_000n * perMillisecond(file)
}

const perMillisecond = ({ day }: ParquetFile): bigint => day === 'nanoseconds' ? 1_000_000n : day === 'microseconds' ? 1_000n : 1n

/** Damages a value of a column of numbers. Returns whether the type of the column can hold the damage. */
function damage (file: ParquetFile, columns: Array<{ data: Data }>, { at, damage }: { at: number, damage: (typeof damages)[number] }): boolean {
  const row = at % file.list.length
  const fields = file.header.order.filter(field => field !== null)
  const put = (field: Field, value: number | bigint | null): boolean => {
    columns[fields.indexOf(field)]!.data[row] = value
    return true
  }
  const { cents, day } = file.list[row]!
  const { scale } = (priceTypes[file.price] ?? {}) as { scale?: number }
  const isFloating = file.price === 'double' || file.price === 'float'
  if (damage === 'null') return put(fields[at % fields.length]!, null)
  if (damage === 'NaN') return isFloating && put('price', NaN)
  if (damage === 'float of two prices') return file.price === 'float' && put('price', 200_000.01)
  if (damage === 'negative') return isFloating && put('price', -cents / 100)
  if (damage === 'part of a cent') {
    if (file.price === 'double') return put('price', cents / 100 + 0.001)
    return scale !== undefined && scale > 2 && put('price', BigInt(cents) * 10n ** BigInt(scale - 2) + 1n)
  }
  if (file.day === 'date' || file.day === 'text') return false
  return put(isValidity(file.header) ? 'valid_from' : 'day', BigInt(day) * 86_400_000n * perMillisecond(file) + 3_600_000n * perMillisecond(file))
}
