import { formatDay } from '../../services/ingestion-worker/rows/values/days.ts'
import { createRowReader, type RowFormat, type TextOptions } from '../../services/ingestion-worker/rows/read.ts'
import type { RowError } from '../../services/ingestion-worker/rows/values/row-error.ts'
import { rowRules, type RowRules } from '../../services/ingestion-worker/rows/values/rules.ts'

export const ports = ['CNGGZ', 'EETLL', 'NOOSL', 'CNSGH', 'GBFX2']

export const aliases = new Map([['CNSHG', 'CNSGH'], ['NO001', 'NOOSL'], ['GBFXT', 'GBFX2']])

export const rules = rulesWith()

export function rulesWith (changes: { maxRows?: number, maxRowBytes?: number, maxGapBytes?: number, maxPriceUsd?: number } = {}): RowRules {
  return rowRules({ ports, aliases, firstDay: '2020-12-01', lastDay: '2021-12-31', maxRows: 1_000_000, ...changes })
}

export type Outcome = { prices: string[], errors: RowError[], rowsSeen: number, stopped: boolean }

/** Reads a file in chunks of the given sizes, which repeat. Without sizes the file is one chunk. */
export function read (format: RowFormat, file: string | Uint8Array, given: RowRules = rules, sizes: number[] = [], options?: TextOptions): Outcome {
  const bytes = Buffer.from(file as Uint8Array)
  const prices: string[] = []
  const errors: RowError[] = []
  const reader = createRowReader(format, given, {
    price: (orig, dest, day, cents) => prices.push(`${ports[orig]} ${ports[dest]} ${formatDay(day)} ${cents}`),
    error: error => errors.push(error),
  }, options)
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? bytes.length
    // The chunk is a copy and is overwritten afterwards: a reader that still uses an earlier chunk would show wrong data.
    const chunk = Uint8Array.from(bytes.subarray(at, at + size))
    reader.write(chunk)
    chunk.fill(0x58)
    at += size
  }
  reader.end()
  return { prices, errors, rowsSeen: reader.rowsSeen, stopped: reader.stopped }
}

/** Returns errors in short form: `2 price price_decimals 12.345`. */
export function brief (errors: readonly RowError[]): string[] {
  return errors.map(({ row, column, code, value }) => [row, column ?? '-', code, ...value === null ? [] : [value]].join(' '))
}

export const header = 'orig_code,dest_code,day,price\n'
export const good = 'CNGGZ,EETLL,2021-01-31,1154.5\n'
export const goodPrice = 'CNGGZ EETLL 2021-01-31 115450'
export const goodObject = { orig_code: 'CNGGZ', dest_code: 'EETLL', day: '2021-01-31', price: 1154.5 }
