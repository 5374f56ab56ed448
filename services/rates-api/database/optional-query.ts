import type { Sql } from 'postgres'
import { linkOf } from '../../../lib/postgres/database.ts'

/**
 * SQLSTATEs of a function that a server does not run for us: not supported (Aurora's readers), no privilege, `wal_level` below `logical`
 * (Aurora's writer). No function of PostgreSQL itself answers so to a role that may call it.
 */
export const isRefusal = (error: unknown): boolean => ['0A000', '42501', '55000'].includes(String((error as { code?: unknown } | null)?.code))

export type Refusable<T> = {
  /** Null where the server refuses. */
  ask: (sql: Sql) => Promise<T | null>
  /** Whether the server answers; queries it where that is not known of the connection. */
  isAnswered: (sql: Sql) => Promise<boolean>
  /** The next call queries the server again. */
  forget: (sql: Sql) => void
}

/**
 * A query that some servers refuse, for pools of one connection. A refusal is remembered for the connection, which is reported once and is
 * no error in the server's log each time. A new connection, which the client makes by itself too, may be to another server, or under
 * other privileges: it queries again.
 */
export function refusable<T> (query: (sql: Sql) => Promise<T>, onRefusal: (error: unknown) => void): Refusable<T> {
  const answers = new WeakMap<object, boolean>()
  let isReported = false

  const known = (sql: Sql): boolean | undefined => answers.get(linkOf(sql) ?? {})

  function note (sql: Sql, isAnswered: boolean): void {
    const link = linkOf(sql)
    if (link) answers.set(link, isAnswered)
    isReported = !isAnswered
  }

  async function ask (sql: Sql): Promise<T | null> {
    if (known(sql) === false) return null
    try {
      const value = await query(sql)
      note(sql, true)
      return value
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (!isReported) onRefusal(error)
      note(sql, false)
      return null
    }
  }

  return {
    ask,
    isAnswered: async sql => known(sql) === true || await ask(sql) !== null,
    forget: sql => { answers.delete(linkOf(sql) ?? {}) },
  }
}
