import { createRowReader, type RowFormat, type TextOptions } from '../../../../services/ingestion-worker/rows/read.ts'
import { rowRules } from '../../../../services/ingestion-worker/rows/values/rules.ts'
import { portCodes } from './true-prices.ts'
import { priceText, type Outcome } from './verdict.ts'

/** Days before and after those of the lists are accepted, so that a day that is read wrongly is not refused by chance. */
export const rules = rowRules({ ports: portCodes, firstDay: '1990-01-01', lastDay: '2079-12-31', maxRows: 100_000, maxPriceUsd: 20_000_000 })

/** Reads a text file in chunks of the given sizes, which repeat; in one chunk without sizes. */
export function readTextFile (format: RowFormat, bytes: Buffer, options: Partial<TextOptions>, sizes: readonly number[] = []): Outcome {
  const outcome: Outcome = { prices: [], errors: [] }
  const reader = createRowReader(format, rules, {
    price: (orig, dest, day, cents) => outcome.prices.push(priceText(orig, dest, day, cents)),
    error: error => outcome.errors.push(error),
  }, { maxDays: 366, ...options })
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? bytes.length
    const chunk = Uint8Array.from(bytes.subarray(at, at + size))
    reader.write(chunk)
    chunk.fill(0x58) // a reader that keeps a part of a chunk shows wrong values
    at += size
  }
  reader.end()
  return outcome
}
