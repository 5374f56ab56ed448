import { isUtf8 } from 'node:buffer'
import type { RowChecker, Source } from '../values/row-checker.ts'
import { columns } from '../values/validate.ts'

export type CsvHeader = {
  /** Separator byte between two fields. */
  separator: number
  /** Index in {@link columns} of each field, in the order of the file. */
  order: number[]
}

/**
 * Parses the header line. Names must match exactly, case and spaces included. The first comma or semicolon is the separator.
 * Returns null, and reports every fault, if the header is invalid.
 */
export function readHeader (source: Source, checker: RowChecker): CsvHeader | null {
  const line = source.bytes.subarray(source.start, source.end)
  if (!isUtf8(line)) {
    checker.stop('not_utf8', {}, source)
    return null
  }
  const text = Buffer.from(line).toString()
  const separator = /[,;]/.exec(text)?.[0] ?? ','
  const names = text.split(separator).map(unquoted)
  names[0] = names[0]!.replace(/^\ufeff/, '') // Excel and others write the byte order mark inside the quotes of the first name
  const order = names.map(name => columns.findIndex(column => column === name))
  if (order.every(place => place < 0)) {
    checker.stop('no_header', {}, source)
    return null
  }
  for (const [at, name] of names.entries()) {
    if (order[at]! < 0) checker.stop('unknown_column', { column: name }, source)
    else if (names.indexOf(name) < at) checker.stop('repeated_column', { column: name }, source)
  }
  for (const column of columns) {
    if (!names.includes(column)) checker.stop('missing_column', { column }, source)
  }
  return checker.stopped ? null : { separator: separator.charCodeAt(0), order }
}

function unquoted (name: string): string {
  return /^".*"$/s.test(name) ? name.slice(1, -1).replaceAll('""', '"') : name
}
