import type { Format } from '../../../lib/batch/batch.ts'

const LF = 0x0a

export type TrailingLine = {
  write: (chunk: Uint8Array) => void
  /** Marks the end of the file. */
  end: () => void
  /** Whether the last line has a line end; null for JSON, for an empty file, and if the file was not read to its end. */
  readonly isTerminated: boolean | null
}

/** Tracks whether a file ends with a line end. A file that was truncated within its last price usually does not. */
export function trackTrailingLine (format: Format): TrailingLine {
  let last: number | undefined
  let complete = false
  return {
    write (chunk) { last = chunk.at(-1) ?? last },
    end () { complete = true },
    get isTerminated () { return format === 'json' || !complete || last === undefined ? null : last === LF },
  }
}
