import type { Sql } from 'postgres'

type Fragment = ReturnType<Sql>

/** Selects one row: the own code of the port that has `code` as its own code or as an alias; null if no port has the code. */
export function portOf (sql: Sql, code: string): Fragment {
  // A code that became an alias is in `ports` too (sql/migrations/0008-port-aliases.sql): the alias takes precedence.
  return sql`select coalesce((select port_code from port_aliases where code = ${code}), (select code from ports where code = ${code}))`
}

/** Selects the own codes of the ports in the given regions, a relation with a column `slug`. */
export function portsIn (sql: Sql, regions: Fragment): Fragment {
  return sql`
    select code from ports
    where parent_slug = any (array(select slug from ${regions}))
      and not exists (select from port_aliases as alias where alias.code = ports.code)`
}

/** Selects every code that prices of the ports may have, own codes and aliases. `ports` is a relation with a column `code`. */
export function codesOf (sql: Sql, ports: Fragment): Fragment {
  return sql`select code from ${ports} union all select alias.code from port_aliases as alias where alias.port_code in (select code from ${ports})`
}
