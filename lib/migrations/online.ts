import type { Sql } from 'postgres'

/** Time limit of a migration without a transaction, in ms. Such a migration waits for every transaction that is open when it begins. */
export const onlineLimitMs = 7_200_000

const createIndex = /^create (?:unique )?index concurrently (\w+) on /i
/** Statements that can run again after a failure or an interruption at any point. */
const repeatable = [createIndex, /^drop index concurrently if exists \w+$/i, /^alter table \w+ validate constraint \w+$/i]

/** Returns the statements of a migration that is marked `--! no transaction`. Throws for a statement that cannot be repeated. */
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
 * Runs one such statement while readers and writers use the table. An index that an earlier attempt has finished stays. An invalid
 * index of an earlier attempt is dropped first.
 *
 * @param sql a pool of one connection
 * @param limitMs maximum duration of the statement, including waits for locks and for older transactions
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
