import { storable, type Understood } from '../../../lib/batch/understood.ts'
import { FileRefused } from '../rows/file-refused.ts'
import { BatchPrices } from '../rows/output/batch-prices.ts'
import { FirstPrices } from '../rows/output/first-prices.ts'
import { overviewOf } from '../rows/overview.ts'
import { tableOptionsOf } from '../rows/table/profile-options.ts'
import { RowChecker } from '../rows/values/row-checker.ts'
import { fileError } from '../rows/values/row-error.ts'
import { openContentDigest } from './duplicate/content-digest.ts'
import { openChunks } from './files/payload-chunks.ts'
import type { FileRead } from './files/file-to-read.ts'
import { readFile } from './files/read-file.ts'
import { openPayload } from './open-payload.ts'
import type { Run } from './options.ts'
import { Unreadable } from './payload.ts'
import { defaultFileLimits, type CurrentRules } from './rules.ts'
import { msSince } from './steps.ts'

/** Default of `VALIDITY_MAX_DAYS`. */
export const defaultValidityDays = 366

/** Number of prices in `understood.first_prices`. */
const firstPrices = 5

export type ReadRows = {
  /** Rules that the rows were checked with. */
  rules: CurrentRules
  /** Number of rows, good and bad; of a batch with validities the number of prices. */
  rows: number
  understood: Understood
  /** The prices, if the report has no error. */
  prices: BatchPrices
  /** Whether the last line has a line end. */
  lastLineEnded: boolean | null
  /** SHA-256 of the decoded content. */
  contentDigest: string
}

/**
 * Reads the payload of a batch to its end. Collects its prices and reports each error. No transaction is open meanwhile. After the first error
 * the rest of the file is only validated.
 *
 * Throws Decided if the store has a decision about the batch, and the errors of the database and of the store.
 */
export async function readRows (run: Run): Promise<ReadRows> {
  const { manifest, report, limits, signal, onProgress, onStep = () => {} } = run
  const began = performance.now()
  const { rules, payload } = await openPayload(run)
  const prices = new BatchPrices(rules)
  const first = new FirstPrices(firstPrices)
  const checker = new RowChecker(rules, {
    price (orig, dest, day, cents, row) {
      if (report.count > 0) return
      prices.add(orig, dest, day, cents)
      if (row !== undefined || !first.isFull) first.add(row ?? checker.rowNumber, orig, dest, day, cents)
    },
    error: report.add,
  })
  const content = openContentDigest(manifest)
  const chunks = openChunks(run, payload, content)
  const length = manifest.decodedBytes ?? (manifest.encoding === 'identity' ? manifest.bytes : null)
  let parseMs = 0
  const afterChunk = async (parsing: number): Promise<void> => {
    parseMs += msSince(parsing)
    onProgress({ read: checker.rowsSeen, expected: length && Math.round(checker.rowsSeen * length / chunks.bytes), bytes: chunks.bytes })
    await report.flush()
  }
  let read: FileRead = { skipped: [], lastLineEnded: null }
  try {
    const file = { store: run.store, manifest, checker, chunks, limits: limits.files ?? defaultFileLimits, signal, afterChunk }
    const declared = manifest.profile ? tableOptionsOf(manifest.profile) : {}
    const charset = manifest.charset ?? declared.charset
    read = await readFile(file, manifest.format, { ...declared, maxDays: limits.validityMaxDays ?? defaultValidityDays, charset })
    if (checker.rowsSeen === 0 && !checker.stopped) checker.stop('no_rows')
    const { rows } = manifest
    if (rows !== undefined && rows !== checker.rowsSeen && !checker.stopped) {
      report.add(fileError('row_count', `${checker.rowsSeen} rows, the request declares ${rows}`))
    }
  } catch (error) {
    if (error instanceof FileRefused) report.add(error.toError())
    else if (error instanceof Unreadable) report.add(fileError(error.code))
    else throw error
  } finally {
    payload.destroy()
  }
  const rowsSeen = checker.rowsSeen
  onProgress({ read: rowsSeen, expected: rowsSeen, bytes: chunks.bytes })
  await report.flush()
  onStep('fetch', msSince(began) - parseMs, { bytes: chunks.bytes })
  onStep('parse', parseMs, { rows: rowsSeen, errors: report.count })
  const { lastLineEnded, header, ...dialect } = read
  report.header = header
  const { name, version } = manifest.profile ?? {}
  const profile = name && version ? { profile: { name, version } } : {}
  const understood = storable({ format: manifest.format, ...profile, ...dialect, rows: rowsSeen, ...overviewOf(prices, first, rules.ports.codes) })
  return { rules, rows: report.count === 0 ? understood.prices : rowsSeen, understood, prices, lastLineEnded, contentDigest: content.digest() }
}
