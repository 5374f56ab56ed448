import type { Format, Manifest } from '../../../../lib/batch/batch.ts'
import type { Store } from '../../../../lib/batch/store/store.ts'
import type { Understood } from '../../../../lib/batch/understood.ts'
import type { RowChecker } from '../../rows/values/row-checker.ts'
import type { FileLimits } from '../rules.ts'
import type { PayloadChunks } from './payload-chunks.ts'

export type FileToRead = {
  store: Store
  manifest: Manifest
  checker: RowChecker
  chunks: PayloadChunks
  limits: FileLimits
  signal: AbortSignal
  /** Reports the progress and the errors so far. `began` is when the parser began with the chunk, in ms of performance.now(). */
  afterChunk: (began: number) => Promise<void>
}

/** How a file was read. `format` is that of the file in a zip. */
export type FileRead = Omit<Understood, 'format' | 'rows' | 'prices' | 'first_day' | 'last_day' | 'lowest_price' | 'highest_price' | 'first_prices'> & {
  format?: Format
  /** Whether the last line has a line end; null for a file without lines. */
  lastLineEnded: boolean | null
  /** Names of the columns of a workbook. */
  header?: string[] | undefined
}
