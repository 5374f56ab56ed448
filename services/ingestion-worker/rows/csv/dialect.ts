import type { TableOptions } from '../table/table-rows.ts'
import type { Separator } from './csv-header.ts'

/** Declared by a profile, or found out. */
export type CsvOptions = TableOptions & { separator?: Separator | undefined }

const sepLine = /^(?:\ufeff)?"?sep=([,;\t|])"?$/i

/** Returns the separator of a first line such as `sep=;`, by which Excel knows it; undefined for any other line. */
export const readSepLine = (text: string): Separator | undefined => sepLine.exec(text)?.[1] as Separator | undefined
