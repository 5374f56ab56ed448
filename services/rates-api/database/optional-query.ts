import type { Sql } from 'postgres'
import { connectionOf } from '../../../lib/postgres/database.ts'

/**
 * SQLSTATEs of a function that a server does not run for us: not supported (Aurora's readers), no privilege, `wal_level` below `logical`
 * (Aurora's writer). No function of PostgreSQL itself answers so to a role that may call it.
 */
export const isUnsupported = (error: unknown): boolean => ['0A000', '42501', '55000'].includes(String((error as { code?: unknown } | null)?.code))

export type OptionalQuery<T> = {
  /** Null where the server refuses. */
  run: (sql: Sql) => Promise<T | null>
  /** Whether the server answers; queries it where that is not known of the connection. */
  isSupported: (sql: Sql) => Promise<boolean>
  /** The next call queries the server again. */
  forget: (sql: Sql) => void
}

/**
 * A query that some servers refuse, for pools of one connection. A refusal is remembered for the connection, which is reported once and is
 * no error in the server's log each time. A new connection, which the client makes by itself too, may be to another server, or under
 * other privileges: it queries again.
 */
export function createOptionalQuery<T> (query: (sql: Sql) => Promise<T>, onUnsupported: (error: unknown) => void): OptionalQuery<T> {
  const supportByConnection = new WeakMap<object, boolean>()
  let isReported = false

  const known = (sql: Sql): boolean | undefined => supportByConnection.get(connectionOf(sql) ?? {})

  function remember (sql: Sql, isSupported: boolean): void {
    const connection = connectionOf(sql)
    if (connection) supportByConnection.set(connection, isSupported)
    isReported = !isSupported
  }

  async function run (sql: Sql): Promise<T | null> {
    if (known(sql) === false) return null
    try {
      const value = await query(sql)
      remember(sql, true)
      return value
    } catch (error) {
      if (!isUnsupported(error)) throw error
      if (!isReported) onUnsupported(error)
      remember(sql, false)
      return null
    }
  }

  return {
    run,
    isSupported: async sql => known(sql) === true || await run(sql) !== null,
    forget: sql => { supportByConnection.delete(connectionOf(sql) ?? {}) },
  }
}
