import { zipSync } from 'fflate'
import { parquetWriteBuffer } from 'hyparquet-writer'
import type { SamplePrice } from '../../lib/sample/month.ts'
import { packageParts } from './workbook-package.ts'

const names = ['orig_code', 'dest_code', 'day', 'price'] as const
const DAY_MS = 86_400_000
/** Serial number of 1 January 1970 in a workbook. */
const UNIX_EPOCH = 25_569

const dayOf = (text: string): number => Date.parse(text) / DAY_MS

type More = {
  /** XML of rows after the prices. */
  emptyRows?: string[]
  /** Further parts of the package, by their name. They are stored as they are. */
  parts?: Record<string, Uint8Array>
}

/** Returns the prices as a workbook: shared texts for the codes, serial numbers for the days. */
export function workbookOf (prices: readonly SamplePrice[], { emptyRows = [], parts: more = {} }: More = {}): Uint8Array {
  const indexes = new Map<string, number>()
  const text = (value: string): string => {
    if (!indexes.has(value)) indexes.set(value, indexes.size)
    return `t="s"><v>${indexes.get(value)}`
  }
  const row = (cells: string[], at: number): string =>
    `<row r="${at}">${cells.map((cell, column) => `<c r="${'ABCD'[column]}${at}" ${cell}</v></c>`).join('')}</row>`
  const rows = prices.map(({ orig_code: orig, dest_code: dest, day, price }, at) =>
    row([text(orig), text(dest), `s="1"><v>${dayOf(day) + UNIX_EPOCH}`, `><v>${price}`], at + 2))
  rows.unshift(row(names.map(text), 1))
  const parts = packageParts({ rows: rows.concat(emptyRows), shared: [...indexes.keys()], hiddenColumn: null, epoch: 1900, others: [] })
  return zipSync({ ...parts, ...Object.fromEntries(Object.entries(more).map(([name, bytes]) => [name, [bytes, { level: 0 }] as const])) })
}

/** Returns the prices as a Parquet file: DATE for the days, DOUBLE for the prices. */
export function parquetOf (prices: readonly SamplePrice[]): Uint8Array {
  const columnData = names.map(name => ({ name, data: prices.map(price => name === 'day' ? dayOf(price.day) : price[name]) }))
  return new Uint8Array(parquetWriteBuffer({
    columnData,
    schema: [
      { name: 'root', num_children: names.length },
      { name: 'orig_code', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      { name: 'dest_code', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      { name: 'day', type: 'INT32', converted_type: 'DATE', repetition_type: 'REQUIRED' },
      { name: 'price', type: 'DOUBLE', repetition_type: 'REQUIRED' },
    ],
  }))
}
