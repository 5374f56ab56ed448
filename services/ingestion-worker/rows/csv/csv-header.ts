import { isUtf8 } from 'node:buffer'
import type { ColumnName } from '../table/column-names.ts'
import { countColumns, isHeader, mapColumns, type ColumnOptions, type Columns } from '../table/columns.ts'
import { trimmed } from '../table/trimmed.ts'
import type { RowChecker, Source } from '../values/row-checker.ts'

export const separators = [',', ';', '\t', '|'] as const
export type Separator = (typeof separators)[number]

export type CsvHeader = {
  separator: Separator
  columns: Columns
}

/** Columns of a price, in the order of the slots of a row. A validity has its first day in the place of the day, and a fifth slot. */
export const slots: ReadonlyArray<readonly ColumnName[]> = [['orig_code'], ['dest_code'], ['day', 'valid_from'], ['price'], ['valid_to']]

/**
 * Parses a line that may be the header. `separator` is the declared one; without it the separator is the sign that gives most columns. Returns null
 * for a line before the header, which is no header by `isHeader`. Stops the reader, and reports every fault, if the header is invalid.
 */
export function readHeader (source: Source, checker: RowChecker, options: ColumnOptions & { separator?: Separator | undefined }): CsvHeader | null {
  const { separator, names } = split(textOf(source), options)
  if (names.length > maxNames || !isHeader(names, options)) return null
  const mapped = mapColumns(names, options)
  if ('columns' in mapped) return { separator, columns: mapped.columns }
  for (const { code, ...fault } of mapped.faults) checker.stop(code, fault, source)
  return null
}

/** Reports what a first line with the name of one column lacks. */
export function explainHeader (source: Source, checker: RowChecker, options: ColumnOptions & { separator?: Separator | undefined }): void {
  const { names } = split(textOf(source), options)
  const mapped = mapColumns(names, options)
  if (countColumns(names, options) === 1 && 'faults' in mapped) for (const { code, ...fault } of mapped.faults) checker.stop(code, fault, source)
}

/** Returns the text of a header. A name in another encoding than UTF-8 is of a column that is not read, or unknown. */
function textOf ({ bytes, start, end }: Source): string {
  const line = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
  return (isUtf8(line) ? line.toString() : line.toString('latin1')).replace(/^\ufeff/, '')
}

function split (text: string, options: ColumnOptions & { separator?: Separator | undefined }): { separator: Separator, names: string[] } {
  const found = (options.separator ? [options.separator] : separators).map(separator => {
    const names = text.split(separator, maxNames + 1).map(unquoted)
    return { separator, names, count: names.length > maxNames ? 0 : countColumns(names, options) }
  })
  return found.reduce((best, next) => next.count > best.count ? next : best)
}

/** A header has fewer columns. */
const maxNames = 1_000

function unquoted (given: string): string {
  const name = trimmed(given)
  return /^".*"$/s.test(name) ? trimmed(name.slice(1, -1).replaceAll('""', '"')) : name
}
