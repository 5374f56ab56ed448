import type { Cell } from '../table/cell.ts'
import { formatDay, parseDay } from '../values/days.ts'
import type { Stored } from './encodings/values.ts'
import { readDecimal } from './decimal.ts'
import { FileRefused } from '../file-refused.ts'
import type { FlatColumn } from './schema.ts'

/**
 * Returns the function that makes a cell of a stored value. Throws FileRefused for a column of another type than text, numbers and days. A
 * value that can be neither a day nor a price becomes a fault.
 */
export function cellReader (column: FlatColumn): (value: Stored) => Cell {
  const { type, meaning } = column
  const isBytes = type === 'BYTE_ARRAY' || type === 'FIXED_LEN_BYTE_ARRAY'
  const isInteger = type === 'INT32' || type === 'INT64'
  switch (meaning.kind) {
    case 'none':
      if (type === 'INT96') return value => int96Cell(value as Uint8Array)
      if (type === 'FLOAT') return value => floatCell(value as number)
      if (type === 'DOUBLE') return value => doubleCell(value as number)
      if (isInteger) return integerCell
      if (isBytes) return value => textCell(value as Uint8Array)
      break
    case 'unknown': return () => null
    case 'text': if (isBytes) return value => textCell(value as Uint8Array); break
    case 'integer': if (isInteger) return meaning.unsigned ? value => integerCell(unsigned(value)) : integerCell; break
    case 'day': if (type === 'INT32') return value => dayCell(value as number); break
    case 'timestamp': {
      const { perDay } = meaning
      if (type === 'INT64') return value => timestampCell(value as bigint, perDay)
      break
    }
    case 'decimal': if (isInteger || isBytes) return readDecimal(meaning.scale)
  }
  throw new FileRefused('parquet_column_type', `${JSON.stringify(column.name)} has the type ${meaning.kind === 'other' ? meaning.name : type}`)
}

/** Longest text of a column that is read. */
const MAX_TEXT_BYTES = 32_767

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textCell (bytes: Uint8Array): Cell {
  if (bytes.length > MAX_TEXT_BYTES) throw new FileRefused('cell_too_long', String(MAX_TEXT_BYTES))
  try {
    return decoder.decode(bytes)
  } catch {
    return { fault: 'not_utf8', text: Buffer.from(bytes.subarray(0, 800)).toString() }
  }
}

function doubleCell (value: number): Cell {
  return Number.isFinite(value) ? value : { fault: 'not_a_number', text: String(value) }
}

/** A float has the price that alone is nearest to it. Above 131,072 USD two prices may be the same float. */
function floatCell (value: number): Cell {
  if (!Number.isFinite(value)) return { fault: 'not_a_number', text: String(value) }
  const nearest = Math.round(value * 100)
  const cents = [nearest - 1, nearest, nearest + 1].filter(candidate => Math.fround(candidate / 100) === value)
  return cents.length === 1 ? { cents: cents[0]! } : { fault: 'float_not_exact', text: String(value) }
}

function unsigned (value: Stored): number | bigint {
  return typeof value === 'bigint' ? BigInt.asUintN(64, value) : (value as number) >>> 0
}

/** An integer beyond the integers that a double has exactly becomes text. */
function integerCell (value: Stored): Cell {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

const firstDay = parseDay('0001-01-01')
const lastDay = parseDay('9999-12-31')

function dayCell (day: number): Cell {
  return day >= firstDay && day <= lastDay ? { day } : { fault: 'not_a_day', text: `${day} days since 1970-01-01` }
}

function timestampCell (value: bigint, perDay: bigint): Cell {
  const rest = (value % perDay + perDay) % perDay
  const day = Number((value - rest) / perDay)
  return rest === 0n ? dayCell(day) : timeFault(day, Number(rest * NANOS_PER_DAY / perDay))
}

const NANOS_PER_DAY = 86_400_000_000_000n
const JULIAN_DAY_OF_1970 = 2_440_588

/** INT96: nanoseconds of the day, then the Julian day. */
function int96Cell (bytes: Uint8Array): Cell {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const nanos = view.getBigUint64(0, true)
  const day = view.getInt32(8, true) - JULIAN_DAY_OF_1970
  return nanos === 0n ? dayCell(day) : timeFault(day, Number(nanos))
}

function timeFault (day: number, nanosOfDay: number): Cell {
  const cell = dayCell(day)
  if (cell === null || typeof cell !== 'object' || !('day' in cell)) return cell
  const seconds = Math.floor(nanosOfDay / 1e9)
  const pad = (value: number): string => String(value).padStart(2, '0')
  const time = `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`
  const fraction = String(nanosOfDay % 1e9).padStart(9, '0').replace(/0+$/, '')
  return { fault: 'not_midnight', text: `${formatDay(day)}T${time}${fraction && `.${fraction}`}` }
}
