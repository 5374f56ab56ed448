import type { Sql } from 'postgres'

export type Location = {
  /** A port's own code, or a region's slug. */
  code: string
  name: string
  kind: 'port' | 'region'
  /** Slug of its region; null at the root. */
  region: string | null
  /** Other codes of a port, which rows and queries accept too; empty for a region. */
  aliases: string[]
  /** The port or region accepts no new prices and remains for its old ones. Absent otherwise. */
  retired?: true
}

/**
 * Finds ports and regions whose code or alias begins with `q`, or whose name contains `q`. Order: exact code, exact alias, code
 * prefix, alias prefix, name prefix, other matches. An empty text matches all. There are some hundreds, so a sequential scan is fast.
 */
export async function findLocations (sql: Sql, { q, limit }: { q: string, limit: number }): Promise<Location[]> {
  const found = await sql<Array<Omit<Location, 'retired'> & { retired: boolean }>>`
    with
      requested as (select lower(${q}) as code, ${plain(sql, sql`${q}::text`)} as name),
      locations as (
        select code, name, 'port' as kind, parent_slug as region, array(
          select alias.code from port_aliases as alias where alias.port_code = ports.code order by alias.code collate "C") as aliases, retired_at is not null as retired
        from ports
        where not exists (select from port_aliases as alias where alias.code = ports.code)
        union all
        select slug, name, 'region', parent_slug, '{}'::text[], retired_at is not null from regions
      ),
      candidates as (select *, lower(code) as plain_code, ${plain(sql, sql`name`)} as plain_name from locations)
    select candidates.code, candidates.name, kind, region, aliases, retired
    from candidates cross join requested cross join lateral (
      select coalesce(bool_or(lower(alias) = requested.code), false) as is_exact, coalesce(bool_or(starts_with(lower(alias), requested.code)), false) as begins
      from unnest(aliases) as alias
    ) as by_alias
    where starts_with(plain_code, requested.code) or by_alias.begins or strpos(plain_name, requested.name) > 0
    order by
      plain_code <> requested.code,
      not by_alias.is_exact,
      case when starts_with(plain_code, requested.code) then 1 when by_alias.begins then 2 else 3 end,
      not starts_with(plain_name, requested.name),
      candidates.code collate "C"
    limit ${limit}`
  return found.map(({ retired, ...location }) => retired ? { ...location, retired } : location)
}

/**
 * Normalizes a name as people type it: without accents, in lower case, hyphens as blanks. Letters with strokes do not decompose into
 * a letter and an accent, so they are translated. The database's own collation may not know case beyond ASCII.
 */
function plain (sql: Sql, text: ReturnType<Sql>) {
  return sql`translate(lower(regexp_replace(normalize(${text}, nfd), ${'[\u0300-\u036f]'}, '', 'g') collate "pg_c_utf8"), ${'øłđı-ʻ’\''}, 'oldi ')`
}
