import { FileRefused } from '../file-refused.ts'
import { corrupt } from './refused.ts'
import type { ThriftReader } from './thrift.ts'

/** Physical types, in the order of the format. */
export const physicalTypes = ['BOOLEAN', 'INT32', 'INT64', 'INT96', 'FLOAT', 'DOUBLE', 'BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY'] as const
export type PhysicalType = (typeof physicalTypes)[number]

/** What the values of a column mean. `other` has the name of the meaning, and is not read. */
export type Meaning =
  | { kind: 'none' | 'text' | 'day' | 'unknown' } | { kind: 'integer', unsigned: boolean } | { kind: 'decimal', scale: number }
  | { kind: 'timestamp', perDay: bigint } | { kind: 'other', name: string }

/** Column of one value per row. */
export type FlatColumn = { name: string, index: number, type: PhysicalType, length: number, nullable: boolean, meaning: Meaning }
/** Column of the schema. `flat` is null for nested values. */
export type SchemaColumn = { name: string, flat: FlatColumn | null }
export type Schema = { columns: SchemaColumn[], /** Number of column chunks of a row group. */ leaves: number }

type Element = { name: string, type: PhysicalType | null, length: number, repetition: number, children: number, meaning: Meaning }

const REQUIRED = 0
const OPTIONAL = 1

/** Reads the schema: a list of elements, in which each group precedes its children. */
export function readSchema (thrift: ThriftReader, maxColumns: number): Schema {
  const columns: SchemaColumn[] = []
  let leaves = 0
  const open: number[] = [] // children that each open group still lacks
  for (const index of thrift.readList()) {
    const element = readElement(thrift)
    if (index === 0) {
      open.push(element.children)
      continue
    }
    while (open.at(-1) === 0) open.pop()
    if (open.length === 0) throw corrupt('its schema has elements without a group')
    open[open.length - 1]!--
    const isGroup = element.type === null || element.children > 0
    if (open.length === 1) columns.push({ name: element.name, flat: isGroup || element.repetition > OPTIONAL ? null : flatColumn(element, leaves) })
    if (isGroup) open.push(element.children)
    else leaves++
    if (columns.length > maxColumns || leaves > maxColumns) throw new FileRefused('too_many_columns', String(maxColumns))
  }
  if (open.some(children => children > 0)) throw corrupt('its schema ends early')
  return { columns, leaves }
}

function unknownType (): never {
  throw corrupt('a column has an unknown type')
}

function flatColumn ({ name, type, length, repetition, meaning }: Element, index: number): FlatColumn {
  return { name, index, type: type!, length, nullable: repetition !== REQUIRED, meaning }
}

function readElement (thrift: ThriftReader): Element {
  const element: Element = { name: '', type: null, length: 0, repetition: REQUIRED, children: 0, meaning: { kind: 'none' } }
  let converted: number | null = null
  let scale = 0
  let logical: Meaning | null = null
  thrift.readStruct(id => {
    switch (id) {
      case 1: element.type = physicalTypes[thrift.readInt()] ?? unknownType(); break
      case 2: element.length = thrift.readInt(); break
      case 3: element.repetition = thrift.readInt(); break
      case 4: element.name = Buffer.from(thrift.readBinary()).toString(); break
      case 5: element.children = thrift.readInt(); break
      case 6: converted = thrift.readInt(); break
      case 7: scale = thrift.readInt(); break
      case 10: logical = readLogicalType(thrift); break
    }
  })
  if (element.children < 0) throw corrupt('its schema has a negative count')
  element.meaning = logical ?? convertedType(converted, scale)
  const { meaning } = element
  if (meaning.kind === 'decimal' && converted === DECIMAL && meaning.scale !== scale) throw corrupt('a decimal has two scales')
  return element
}

const DECIMAL = 5
const MS_PER_DAY = 86_400_000n

/** Returns the meaning that writers of old files give with the ConvertedType. */
function convertedType (type: number | null, scale: number): Meaning {
  if (type === null) return { kind: 'none' }
  if (type === 0 || type === 4 || type === 19) return { kind: 'text' } // UTF8, ENUM, JSON
  if (type === DECIMAL) return { kind: 'decimal', scale }
  if (type === 6) return { kind: 'day' }
  if (type === 9) return { kind: 'timestamp', perDay: MS_PER_DAY }
  if (type === 10) return { kind: 'timestamp', perDay: MS_PER_DAY * 1_000n }
  if (type >= 11 && type <= 18) return { kind: 'integer', unsigned: type <= 14 }
  return { kind: 'other', name: { 7: 'TIME', 8: 'TIME', 20: 'BSON', 21: 'INTERVAL' }[type] ?? `ConvertedType ${type}` }
}

const otherLogicalTypes: Readonly<Record<number, string>> = { 7: 'TIME', 13: 'BSON', 14: 'UUID', 15: 'FLOAT16', 16: 'VARIANT', 17: 'GEOMETRY', 18: 'GEOGRAPHY' }

function readLogicalType (thrift: ThriftReader): Meaning {
  let meaning: Meaning = { kind: 'other', name: 'unknown' }
  thrift.readStruct(id => {
    if (id === 1 || id === 4 || id === 12) meaning = { kind: 'text' } // STRING, ENUM, JSON
    else if (id === 5) meaning = { kind: 'decimal', scale: readFirstInt(thrift) }
    else if (id === 6) meaning = { kind: 'day' }
    else if (id === 8) meaning = { kind: 'timestamp', perDay: readUnitsPerDay(thrift) }
    else if (id === 10) meaning = { kind: 'integer', unsigned: readIsUnsigned(thrift) }
    else if (id === 11) meaning = { kind: 'unknown' } // every value is null
    else meaning = { kind: 'other', name: otherLogicalTypes[id] ?? `LogicalType ${id}` }
  })
  return meaning
}

function readFirstInt (thrift: ThriftReader): number {
  let value = 0
  thrift.readStruct(id => { if (id === 1) value = thrift.readInt() })
  return value
}

function readIsUnsigned (thrift: ThriftReader): boolean {
  let signed = true
  thrift.readStruct(id => { if (id === 2) signed = thrift.readBoolean() })
  return !signed
}

/** Reads a TimestampType. Whether it is adjusted to UTC makes no difference: only midnight of that clock is a day. */
function readUnitsPerDay (thrift: ThriftReader): bigint {
  let perDay = 0n
  thrift.readStruct(id => {
    if (id === 2) thrift.readStruct(unit => { perDay = MS_PER_DAY * ([1n, 1_000n, 1_000_000n][unit - 1] ?? 0n) })
  })
  if (perDay === 0n) throw corrupt('a timestamp has no unit')
  return perDay
}
