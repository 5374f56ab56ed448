import type { Sql } from 'postgres'
import { CommandError } from './command-error.ts'
import { table } from './table.ts'

/** The most rows that a command about the database shows. */
export const maxRows = 200

/** The statement of a session on one line, at most 200 characters; nothing of one that may hold a password. */
export const statementOf = (sql: Sql, column = 'query') => sql`
  case when ${sql(column)} ~* 'password' then '(not shown: it may hold a password)'
    else left(regexp_replace(${sql(column)}, '[[:space:][:cntrl:]]+', ' ', 'g'), 200) end`

/** Seconds since a time, to a tenth. */
export const secondsSince = (sql: Sql, column: string) => sql`round(extract(epoch from clock_timestamp() - ${sql(column)}), 1)::float8`

/** The rows that are shown, and a line that says so where there are more. Ask for `maxRows + 1`. */
export function bounded<T> (rows: readonly T[], most = maxRows): { shown: T[], note: string } {
  return { shown: rows.slice(0, most), note: rows.length > most ? `\nThe first ${most} are shown; there are more.` : '' }
}

/** Prints the rows as a table, a line that says where there are more than `most`, or `empty` where there are none. */
export function printRows<T> (
  rows: readonly T[],
  { most = maxRows, empty, head, row }: { most?: number, empty: string, head: string[], row: (row: T) => Array<string | number | null> }
): void {
  const { shown, note } = bounded(rows, most)
  console.log(shown.length === 0 ? empty : table(head, shown.map(row)) + note)
}

/** Runs a query of a read-only session. Throws CommandError that says what to do when a limit ends it. */
export async function readOnlyQuery<T> (query: Promise<T>): Promise<T> {
  try {
    return await query
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === '55P03') throw new CommandError('A table is locked, and the wait for it was cancelled after 3 s: `npm run ops -- db locks` shows by whom.', 1, { cause: error })
    if (code === '57014') throw new CommandError('The statement took longer than its limit and was cancelled: `npm run ops -- db activity` shows what the database does.', 1, { cause: error })
    throw error
  }
}

/** A size as people read it: `1.4 GiB`. */
export function size (bytes: number | null): string | null {
  if (bytes === null) return null
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`
}
