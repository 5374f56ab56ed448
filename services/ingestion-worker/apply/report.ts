import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import type { Store } from '../../../lib/batch/store/store.ts'
import type { RowError } from '../rows/values/row-error.ts'

const maxFirstErrors = 100

export type Report = ReturnType<typeof openReport>

/** Opens the error report of a batch. Errors are streamed to the store as they are found, because there may be millions. */
export function openReport (store: Store, batchId: string) {
  const found: RowError[] = []
  const first: RowError[] = []
  let count = 0
  let stream: PassThrough | undefined
  let stored: Promise<unknown> = Promise.resolve()

  function open (): PassThrough {
    const lines = new PassThrough({ highWaterMark: 256 * 1024 })
    stored = store.putReport(batchId, lines)
    stored.catch(error => lines.destroy(error as Error))
    return lines
  }

  return {
    first,
    get count () { return count },
    add (error: RowError): void {
      count++
      if (first.length < maxFirstErrors) first.push(error)
      found.push(error)
    },
    /** Writes the errors that were added since the last call. */
    async flush (): Promise<void> {
      if (found.length === 0) return
      stream ??= open()
      const lines = found.splice(0).map(error => `${JSON.stringify(error)}\n`).join('')
      if (!stream.write(lines)) await Promise.race([once(stream, 'drain'), stored])
    },
    async end (): Promise<void> {
      stream?.end()
      await stored
    },
    /** Cancels the report. The store then has no report of this attempt. */
    abort (): void {
      stream?.destroy(new Error('attempt cancelled'))
    },
  }
}
