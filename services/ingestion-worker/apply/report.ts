import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { CauseCounter } from '../../../lib/batch/report/causes.ts'
import { moreErrors } from '../../../lib/batch/report/reported-error.ts'
import type { Store } from '../../../lib/batch/store/store.ts'
import { fileError, type RowError } from '../rows/values/row-error.ts'

const maxFirstErrors = 100

/** Default of `ERRORS_MAX_ROWS`. */
export const defaultReportRows = 100_000

export type Report = ReturnType<typeof openReport>

/**
 * Opens the error report of a batch. Errors are streamed to the store as they are found. Beyond `maxLines` of them they are counted alone, by their
 * cause, and the last line says so.
 */
export function openReport (store: Store, batchId: string, maxLines = defaultReportRows) {
  const found: RowError[] = []
  const first: RowError[] = []
  const counter = new CauseCounter()
  let stream: PassThrough | undefined
  let stored: Promise<unknown> = Promise.resolve()

  function open (): PassThrough {
    const lines = new PassThrough({ highWaterMark: 256 * 1024 })
    stored = store.putReport(batchId, lines)
    stored.catch(error => lines.destroy(error as Error))
    return lines
  }

  /** Writes the errors that were added since the last call. */
  async function flush (): Promise<void> {
    if (found.length === 0) return
    stream ??= open()
    const lines = found.splice(0).map(error => `${JSON.stringify(error)}\n`).join('')
    if (!stream.write(lines)) await Promise.race([once(stream, 'drain'), stored])
  }

  return {
    first,
    /** Names of the columns of a workbook. */
    header: undefined as string[] | undefined,
    /** Number of all errors. */
    get count () { return counter.errors },
    add (error: RowError): void {
      counter.add(error)
      if (first.length < maxFirstErrors) first.push(withoutCells(error))
      if (counter.errors <= maxLines) found.push(error)
    },
    flush,
    /** Ends the report and stores its causes beside it. A batch without errors has neither. */
    async end (): Promise<void> {
      const { errors } = counter
      if (errors === 0) return
      const written = Math.min(errors, maxLines)
      if (errors > written) found.push(fileError(moreErrors, `${written} of ${errors}`))
      await flush()
      stream?.end()
      await stored
      await store.putCauses(batchId, { version: 1, errors, written, header: this.header, causes: counter.causes() })
    },
    /** Cancels the report. The store then has no report of this attempt. */
    abort (): void {
      stream?.destroy(new Error('attempt cancelled'))
    },
  }
}

function withoutCells ({ cells: _, ...error }: RowError): RowError {
  return error
}
