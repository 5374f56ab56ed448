import { errorMessage, fileError, type RowError, type RowErrorCode } from './values/row-error.ts'

/** Thrown when a file cannot be read, for one cause. The batch must be rejected. */
export class FileRefused extends Error {
  readonly code: RowErrorCode
  readonly detail: string | undefined

  constructor (code: RowErrorCode, detail?: string) {
    super(errorMessage(code, detail))
    this.code = code
    this.detail = detail
  }

  /** Returns the error of the file for the report of its batch. */
  toError (): RowError {
    return fileError(this.code, this.detail)
  }
}
