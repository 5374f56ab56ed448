import type { Sql } from 'postgres'
import type { Aliases } from './aliases.ts'

/** How many aliases were added, moved to another port, removed, or left unchanged by a load. */
export type AliasCounts = { added: number, changed: number, removed: number, unchanged: number }

/** Writes the difference between the aliases before and after a load. An unchanged alias gets no new row version. */
export async function writeAliases (sql: Sql, before: Aliases, after: Aliases): Promise<AliasCounts> {
  const removed = [...before.keys()].filter(code => !after.has(code))
  const written = [...after].filter(([code, port]) => before.get(code) !== port)
  const added = written.filter(([code]) => !before.has(code)).length
  if (removed.length > 0) await sql`delete from port_aliases where code = any (${removed}::text[])`
  if (written.length > 0) {
    await sql`
      insert into port_aliases (code, port_code)
      select code, port_code
      from unnest(${written.map(([code]) => code)}::text[], ${written.map(([, port]) => port)}::text[]) as file (code, port_code)
      on conflict (code) do update set port_code = excluded.port_code`
  }
  return { added, changed: written.length - added, removed: removed.length, unchanged: after.size - written.length }
}
