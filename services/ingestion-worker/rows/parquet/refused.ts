import type { RowErrorCode } from '../values/row-error.ts'

/** Thrown when a Parquet file is refused. `detail` is inserted into the message of the code. */
export class ParquetRefused extends Error {
  readonly code: RowErrorCode
  readonly detail: string | undefined

  constructor (code: RowErrorCode, detail?: string) {
    super(detail === undefined ? code : `${code}: ${detail}`)
    this.code = code
    this.detail = detail
  }
}

/** Returns the error of a file that breaks the Parquet format. */
export const corrupt = (what: string): ParquetRefused => new ParquetRefused('not_parquet', `: ${what}`)
