import type { Sql } from 'postgres'

/** Longest time of a migration without a transaction, in milliseconds. It waits for each transaction that is open when it begins. */
export const onlineLimitMs = 7_200_000

const createIndex = /^create (?:unique )?index concurrently (\w+) on /i
/** Each can be run again after it failed or was ended at any point. */
const repeatable = [createIndex, /^drop index concurrently if exists \w+$/i, /^alter table \w+ validate constraint \w+$/i]

/** The statements of a migration that is marked `--! no transaction`. Throws for one that cannot be repeated. */
export function statementsOf (text: string, file: string): string[] {
  const statements = text.replace(/--.*$/gm, '').split(';').map(statement => statement.trim().replace(/\s+/g, ' ')).filter(statement => statement !== '')
  for (const statement of statements) {
    if (!repeatable.some(form => form.test(statement))) {
      throw new Error(`sql/migrations/${file}: without a transaction only "create index concurrently", "drop index concurrently if exists" and ` +
        `"alter table … validate constraint" can be repeated, not "${statement.slice(0, 60)}"`)
    }
  }
  return statements
}

/**
 * Runs one such statement; readers and writers of the table go on. An index that an earlier try has finished stays, one that it left
 * invalid is dropped first.
 *
 * @param sql a pool of one connection
 * @param limitMs longest time of the statement, waits for locks and for older transactions included
 */
export async function runOnline (sql: Sql, statement: string, limitMs: number): Promise<void> {
  await sql.unsafe(`set statement_timeout = ${Math.max(1, Math.ceil(limitMs))}`)
  const index = createIndex.exec(statement)?.[1]
  if (index) {
    const [found] = await sql<Array<{ valid: boolean }>>`select indisvalid as valid from pg_index where indexrelid = to_regclass(${index})`
    if (found?.valid) return
    if (found) await sql.unsafe(`drop index concurrently if exists ${index}`)
  }
  await sql.unsafe(statement)
}
