import type { Format } from '../../../lib/batch/batch.ts'

const LF = 0x0a

export type TrailingLine = {
  write: (chunk: Uint8Array) => void
  /** The file has been read to its end. */
  end: () => void
  /** Whether the last line has a line end; null for JSON, for an empty file, and where the file was not read to its end. */
  readonly isTerminated: boolean | null
}

/** Notes whether a file of lines ends with a line end. A file that was cut within its last price usually does not. */
export function trackTrailingLine (format: Format): TrailingLine {
  let last: number | undefined
  let complete = false
  return {
    write (chunk) { last = chunk.at(-1) ?? last },
    end () { complete = true },
    get isTerminated () { return format === 'json' || !complete || last === undefined ? null : last === LF },
  }
}
