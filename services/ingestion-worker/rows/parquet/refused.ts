import { FileRefused } from '../file-refused.ts'

/** Returns the error of a file that breaks the Parquet format. */
export const corrupt = (what: string): FileRefused => new FileRefused('not_parquet', `: ${what}`)
