import type { Sql } from 'postgres'
import { CommandError } from './command-error.ts'
import { table } from './table.ts'

/** Maximum number of rows of a command about the database. */
export const maxRows = 200

/** Selects the statement of a session on one line, at most 200 characters. A statement that may contain a password is hidden. */
export const statementOf = (sql: Sql, column = 'query') => sql`
  case when ${sql(column)} ~* 'password' then '(hidden: may contain a password)'
    else left(regexp_replace(${sql(column)}, '[[:space:][:cntrl:]]+', ' ', 'g'), 200) end`

/** Selects the seconds since a time, to a tenth. */
export const secondsSince = (sql: Sql, column: string) => sql`round(extract(epoch from clock_timestamp() - ${sql(column)}), 1)::float8`

/** Returns the first `max` rows, and a line that says so if there are more. The query must select up to `max + 1` rows. */
export function bounded<T> (rows: readonly T[], max = maxRows): { shown: T[], note: string } {
  return { shown: rows.slice(0, max), note: rows.length > max ? `\nThe first ${max} are shown; there are more.` : '' }
}

/** Prints the rows as a table, with a line if there are more than `max`. Prints `empty` if there are no rows. */
export function printRows<T> (
  rows: readonly T[],
  { max = maxRows, empty, head, row }: { max?: number, empty: string, head: string[], row: (row: T) => Array<string | number | null> }
): void {
  const { shown, note } = bounded(rows, max)
  console.log(shown.length === 0 ? empty : table(head, shown.map(row)) + note)
}

/** Runs a query of a read-only session. If a limit cancels the query, throws CommandError that says what to do. */
export async function readOnlyQuery<T> (query: Promise<T>): Promise<T> {
  try {
    return await query
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === '55P03') throw new CommandError('A table is locked, and the wait for the lock was cancelled after 3 s: `npm run ops -- db locks` shows the blocking session.', 1, { cause: error })
    if (code === '57014') throw new CommandError('The statement exceeded its time limit and was cancelled: `npm run ops -- db activity` shows the load of the database.', 1, { cause: error })
    throw error
  }
}

/** Formats a size: `1.4 GiB`. */
export function size (bytes: number | null): string | null {
  if (bytes === null) return null
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`
}
