import type { Sql } from 'postgres'
import { connectionOf } from '../../../lib/postgres/database.ts'

/**
 * SQLSTATEs of a function that the server does not run: not supported (Aurora readers), no privilege, `wal_level` below `logical`
 * (Aurora writer). In PostgreSQL these functions do not fail with these codes for a role that may call them.
 */
export const isUnsupported = (error: unknown): boolean => ['0A000', '42501', '55000'].includes(String((error as { code?: unknown } | null)?.code))

export type OptionalQuery<T> = {
  /** Returns null if the server refuses. */
  run: (sql: Sql) => Promise<T | null>
  /** Returns whether the server supports the query. Runs the query if that is unknown for the connection. */
  isSupported: (sql: Sql) => Promise<boolean>
  /** Discards what is known of the connection: the next call runs the query again. */
  forget: (sql: Sql) => void
}

/**
 * Creates a query that some servers refuse, for pools of one connection. A refusal is remembered per connection, so that it is
 * reported once and not an error in the server's log each time. A new connection, also after a reconnect of postgres.js, may reach
 * another server or have other privileges, so the query runs again.
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
