import type { RowErrorCode } from '../values/row-error.ts'
import type { Cell } from './cell.ts'
import { columnOf, isContainerName, isCurrencyName, isPriceInOtherCurrency, type ColumnName } from './column-names.ts'
import { readDayText } from './day-text.ts'
import { trimmed } from './trimmed.ts'

/** Index of each column in the rows of a table. */
export type Columns = {
  places: Partial<Record<ColumnName, number>>
  /** Columns without a name, whose cells must be empty. The first column may instead be an index that counts rows. */
  unnamed: number[]
  /** Names as the header has them. */
  names: string[]
}

export type HeaderFault = { code: RowErrorCode, column: string, detail?: string }

export type ColumnOptions = {
  /** Name in the file of each column, where a profile maps one. */
  named?: Partial<Record<ColumnName, string>> | undefined
  /** Names of columns that are not read. */
  ignored?: ReadonlySet<string> | undefined
  /** Columns that have one value for the whole file. */
  fixed?: Partial<Record<ColumnName, Cell>> | undefined
}

/** Name of a column without one, in a file that pandas has read and written again. */
const unnamedByPandas = /^Unnamed: \d+$/
/** Name of the index of a data frame in Parquet. It has no values of the table. */
const indexOfPandas = /^__index_level_\d+__$/

/** Returns whether a row of names is the header: it has two columns of a price, or the only one without a fixed value. */
export function isHeader (names: readonly string[], options: ColumnOptions): boolean {
  if (isLabels(names, options)) return false
  const { fixed = {} } = options
  const total = fixed.valid_from !== undefined || fixed.valid_to !== undefined ? 5 : 4
  return countColumns(names, options) >= (total - Object.keys(fixed).length > 1 ? 2 : 1)
}

/** Returns whether each known name is a label, with its value in the next cell: a title such as `Valid from | 01.02.2021 | Valid to | 28.02.2021`. */
function isLabels (names: readonly string[], options: ColumnOptions): boolean {
  const isKnown = names.map(name => typeof meaningOf(name, options) === 'string')
  const labels = isKnown.filter(Boolean).length
  return labels > 0 && names.filter(isValue).length >= labels &&
    names.every((_, at) => !isKnown[at] || (!isKnown[at + 1] && isValue(names[at + 1] ?? '')))
}

/** Returns whether a text is a day, a port or a number, and no name. */
function isValue (text: string): boolean {
  const value = trimmed(text)
  return value !== '' && (!('code' in readDayText(value)) || /^[A-Z]{2}[A-Z0-9]{3}$/.test(value) || /^[\d.,]+$/.test(value))
}

/** Returns how many different columns of a price a row of names has. */
export const countColumns = (names: readonly string[], options: ColumnOptions): number =>
  new Set(names.map(name => meaningOf(name, options)).filter(column => column !== undefined && column !== null)).size

/** Returns the names that stand for a column of a price, and the empty ones: an index may have no name. */
export const columnsOf = (names: readonly string[], options: ColumnOptions): string[] =>
  names.filter(name => trimmed(name) === '' || typeof meaningOf(name, options) === 'string')

/** Maps the names of a header to columns. Returns every fault of the header otherwise. */
export function mapColumns (given: readonly string[], options: ColumnOptions): { columns: Columns } | { faults: HeaderFault[] } {
  const names = given.map(name => unnamedByPandas.test(name) ? '' : trimmed(name))
  const places: Columns['places'] = {}
  const unnamed: number[] = []
  const faults: HeaderFault[] = []
  for (const [at, name] of names.entries()) {
    const column = meaningOf(name, options)
    if (name === '') unnamed.push(at)
    else if (column === null) continue
    else if (column === undefined) faults.push(unknown(name))
    else if (options.fixed?.[column] !== undefined) faults.push({ code: 'fixed_column', column: name })
    else if (places[column] !== undefined) faults.push(repeated(name, names[places[column]]!, column))
    else places[column] = at
  }
  const has = (column: ColumnName): boolean => places[column] !== undefined || options.fixed?.[column] !== undefined
  const isValidity = has('valid_from') || has('valid_to')
  if (isValidity && has('day')) faults.push({ code: 'repeated_column', column: places.day === undefined ? 'day' : names[places.day]!, detail: ': a price has a day or a validity' })
  const needed: ColumnName[] = ['orig_code', 'dest_code', ...(isValidity ? ['valid_from', 'valid_to'] as const : ['day'] as const), 'price']
  for (const column of needed) if (!has(column)) faults.push({ code: 'missing_column', column })
  return faults.length > 0 ? { faults } : { columns: { places, unnamed, names } }
}

const repeated = (name: string, other: string, column: ColumnName): HeaderFault =>
  ({ code: 'repeated_column', column: name, detail: name === other ? ` (${column})` : ` (${column}): "${other.slice(0, 60)}" and "${name.slice(0, 60)}"` })

function unknown (column: string): HeaderFault {
  if (isPriceInOtherCurrency(column)) return { code: 'unknown_column', column, detail: ', and prices are in USD: convert them' }
  if (isCurrencyName(column)) return { code: 'unknown_column', column, detail: ', and prices are in USD: delete the column if each of its values is USD' }
  return { code: isContainerName(column) ? 'container_column' : 'unknown_column', column }
}

/** Returns the column that a name stands for: null for an ignored one, undefined for an unknown one. */
function meaningOf (given: string, { named, ignored }: ColumnOptions): ColumnName | null | undefined {
  const name = trimmed(given)
  const mapped = Object.entries(named ?? {}).find(([, own]) => own === name)?.[0] as ColumnName | undefined
  if (mapped) return mapped
  if (ignored?.has(name) || indexOfPandas.test(name)) return null
  const column = columnOf(name)
  return column && named?.[column] !== undefined ? undefined : column // the profile names another one for this column
}
