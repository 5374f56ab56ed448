import type { Sql } from 'postgres'

type Fragment = ReturnType<Sql>

/**
 * Returns queries of a WITH clause with the names of the tables `regions`, `ports` and `port_aliases`: the reference data of the moment. PostgreSQL
 * prefers these names to the tables, so the statements of `GET /rates` read the tree of then.
 */
export function referenceThen (sql: Sql, asOf: string): Fragment {
  const isValid = sql`
    from_version <= (select version from reference_then) and (until_version is null or until_version > (select version from reference_then))`
  return sql`
      reference_then (version) as materialized (select max(version) from reference_changes where changed_at <= ${asOf}::text::timestamptz),
      regions as not materialized (select slug, parent_slug from region_history where ${isValid}),
      ports as not materialized (select code, parent_slug from port_history where ${isValid}),
      port_aliases as not materialized (select code, port_code from alias_history where ${isValid}),`
}
