import { defaultFileLimits } from '../../../../services/ingestion-worker/apply/rules.ts'
import type { FileToRead } from '../../../../services/ingestion-worker/apply/files/file-to-read.ts'
import { readBytes } from '../../../../services/ingestion-worker/apply/files/read-file.ts'
import { FileRefused } from '../../../../services/ingestion-worker/rows/file-refused.ts'
import { RowChecker } from '../../../../services/ingestion-worker/rows/values/row-checker.ts'
import { rules } from './read-text-file.ts'
import { priceText, type Outcome } from './verdict.ts'

/** Reads a file that is no text, as a worker does after it has proved the payload. */
export async function readBook (format: 'xlsx' | 'parquet' | 'zip', bytes: Uint8Array): Promise<Outcome> {
  const outcome: Outcome = { prices: [], errors: [] }
  const checker = new RowChecker(rules, {
    price: (orig, dest, day, cents) => outcome.prices.push(priceText(orig, dest, day, cents)),
    error: error => outcome.errors.push(error),
  })
  let left: Buffer | null = Buffer.from(bytes)
  const chunks = {
    bytes: bytes.length,
    expectedBytes: bytes.length,
    async next () {
      const chunk = left
      left = null
      return chunk
    },
  }
  const file = { checker, chunks, limits: defaultFileLimits, signal: new AbortController().signal, async afterChunk () {} } as unknown as FileToRead
  try {
    await readBytes(file, format, { maxDays: 366 })
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error
    outcome.errors.push(error.toError())
  }
  if (checker.rowsSeen === 0 && !checker.stopped) checker.stop('no_rows')
  return outcome
}
