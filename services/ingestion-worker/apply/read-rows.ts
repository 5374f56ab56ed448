import { BatchPrices } from '../rows/output/batch-prices.ts'
import type { Understood } from '../../../lib/batch/understood.ts'
import { describeText } from '../rows/describe-text.ts'
import { PriceOverview } from '../rows/overview.ts'
import { createRowReader } from '../rows/read.ts'
import { fileError } from '../rows/values/row-error.ts'
import { openContentDigest } from './duplicate/content-digest.ts'
import { openPayload } from './open-payload.ts'
import type { Run } from './options.ts'
import { readPayload, Unreadable } from './payload.ts'
import type { CurrentRules } from './rules.ts'
import { msSince } from './steps.ts'
import { trackTrailingLine } from './trailing-line.ts'

/** Default of `VALIDITY_MAX_DAYS`. */
export const defaultValidityDays = 366

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
  const overview = new PriceOverview()
  const reader = createRowReader(manifest.format, rules, {
    price (orig, dest, day, cents) {
      if (report.count > 0) return
      prices.add(orig, dest, day, cents)
      overview.add(orig, dest, day, cents)
    },
    error: report.add,
  }, { maxDays: limits.validityMaxDays ?? defaultValidityDays })
  const trailingLine = trackTrailingLine(manifest.format)
  const content = openContentDigest(manifest)
  const length = manifest.decodedBytes ?? (manifest.encoding === 'identity' ? manifest.bytes : null)
  let bytes = 0
  let parseMs = 0
  try {
    const chunks = readPayload(payload, manifest, limits.maxDecodedBytes)
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) { // `return` of the iterator would wait for the store
      const chunk = next.value
      signal.throwIfAborted()
      content.update(chunk)
      const parsing = performance.now()
      reader.write(chunk) // Once the reader has stopped, the rest is read for the digest alone: a corrupt payload is no error of the provider.
      trailingLine.write(chunk)
      parseMs += msSince(parsing)
      bytes += chunk.length
      onProgress({ read: reader.rowsSeen, expected: length && Math.round(reader.rowsSeen * length / bytes), bytes })
      await report.flush()
    }
    reader.end()
    trailingLine.end()
    const { rows } = manifest
    if (rows !== undefined && rows !== reader.rowsSeen && !reader.stopped) {
      report.add(fileError('row_count', `${reader.rowsSeen} rows, the request declares ${rows}`))
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    report.add(fileError(error.code))
  } finally {
    payload.destroy()
  }
  onProgress({ read: reader.rowsSeen, expected: reader.rowsSeen, bytes })
  await report.flush()
  onStep('fetch', msSince(began) - parseMs, { bytes })
  onStep('parse', parseMs, { rows: reader.rowsSeen, errors: report.count })
  const understood = { format: manifest.format, ...describeText(reader), rows: reader.rowsSeen, ...overview.result(rules.ports.codes) }
  const rows = report.count === 0 ? understood.prices : reader.rowsSeen
  return { rules, rows, understood, prices, lastLineEnded: trailingLine.isTerminated, contentDigest: content.digest() }
}
