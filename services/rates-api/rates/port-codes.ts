import type { Sql } from 'postgres'

type Fragment = ReturnType<Sql>

/** One row: the own code of the port that has a code as its own or as an alias; null where no port has it. */
export function portOf (sql: Sql, code: string): Fragment {
  // A code that became an alias is in `ports` too (sql/migrations/0008-port-aliases.sql): the alias goes first.
  return sql`select coalesce((select port_code from port_aliases where code = ${code}), (select code from ports where code = ${code}))`
}

/** The own codes of the ports that are in one of the regions, a relation with a column `slug`. */
export function portsIn (sql: Sql, regions: Fragment): Fragment {
  return sql`
    select code from ports
    where parent_slug = any (array(select slug from ${regions}))
      and not exists (select from port_aliases as alias where alias.code = ports.code)`
}

/** Every code that prices of the ports may have, their own and their aliases; `ports` is a relation with a column `code`. */
export function codesOf (sql: Sql, ports: Fragment): Fragment {
  return sql`select code from ${ports} union all select alias.code from port_aliases as alias where alias.port_code in (select code from ${ports})`
}
