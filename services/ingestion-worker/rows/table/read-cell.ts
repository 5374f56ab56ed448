import { formatDay } from '../values/days.ts'
import type { RowErrorCode } from '../values/row-error.ts'
import type { Cell } from './cell.ts'
import { readDayText, readSerial, type DayReading, type SerialEpoch } from './day-text.ts'
import { centsOfDouble, readPriceText, type PriceReading } from './price-text.ts'
import { trimmed } from './trimmed.ts'

export type Fault = { code: RowErrorCode }

/** Returns the text of a cell for a person. */
export function textOf (cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell !== 'object') return String(cell)
  if ('serial' in cell) return String(cell.serial)
  return 'day' in cell ? formatDay(cell.day) : 'cents' in cell ? (cell.cents / 100).toFixed(2) : cell.text
}

export const isEmpty = (cell: Cell | undefined): boolean => cell === null || cell === undefined || (typeof cell === 'string' && trimmed(cell) === '')

/**
 * Reads a day. A cell of a day column may have a day, the serial number of a day, or text. `textEpoch` is the epoch of serial numbers in texts: a
 * workbook has numbers for them.
 */
export function readDayCell (cell: Cell, epoch: SerialEpoch | null, textEpoch: SerialEpoch | null = null): DayReading | Fault {
  if (typeof cell === 'string') {
    const text = trimmed(cell)
    return textEpoch !== null && serialText.test(text) ? readSerial(Number(text), textEpoch) : readDayText(text)
  }
  if (typeof cell === 'number') return readSerial(cell, epoch)
  if (cell !== null && 'serial' in cell) return readSerial(cell.serial, epoch)
  if (cell !== null && 'day' in cell) return { day: cell.day, proves: null, isOrdered: false }
  return { code: cell !== null && 'fault' in cell ? cell.fault : 'malformed_day' }
}

/** Reads a price. The type of the column decides: a cell with a day is no price. */
export function readPriceCell (cell: Cell): PriceReading | Fault {
  if (typeof cell === 'string') return readPriceText(trimmed(cell))
  if (typeof cell === 'number') return ofNumber(cell)
  if (cell !== null && 'serial' in cell) return { code: 'date_as_price' }
  if (cell !== null && 'cents' in cell) return cell.cents > 0 ? { cents: cell.cents, proves: null } : { code: 'price_not_positive' }
  return { code: cell !== null && 'fault' in cell ? cell.fault : 'malformed_price' }
}

const serialText = /^\d{5}(\.\d+)?$/

function ofNumber (value: number): PriceReading | Fault {
  if (!Number.isFinite(value)) return { code: 'malformed_price' }
  if (value <= 0) return { code: 'price_not_positive' }
  if (value >= 1e10) return { code: 'price_too_large' }
  const cents = centsOfDouble(value)
  return cents === null ? { code: 'price_decimals' } : cents > 0 ? { cents, proves: null } : { code: 'price_not_positive' }
}
