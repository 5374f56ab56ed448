import type { Sql } from 'postgres'

export type Location = {
  /** A port's code, or a region's slug. */
  code: string
  name: string
  kind: 'port' | 'region'
  /** Slug of the region that it is in; null at the root. */
  region: string | null
}

/**
 * Finds ports and regions whose code begins with a text or whose name contains it: the exact code first, then codes that
 * begin with it, then names that do, then the rest. An empty text finds all. They are some hundreds, so that a scan is quick.
 */
export async function findLocations (sql: Sql, { q, limit }: { q: string, limit: number }): Promise<Location[]> {
  return await sql<Location[]>`
    with
      asked as (select lower(${q}) as code, ${plain(sql, sql`${q}::text`)} as name),
      locations as (
        select code, name, 'port' as kind, parent_slug as region from ports
        union all
        select slug, name, 'region', parent_slug from regions
      ),
      candidates as (select *, lower(code) as plain_code, ${plain(sql, sql`name`)} as plain_name from locations)
    select candidates.code, candidates.name, kind, region
    from candidates cross join asked
    where starts_with(plain_code, asked.code) or strpos(plain_name, asked.name) > 0
    order by
      plain_code <> asked.code,
      not starts_with(plain_code, asked.code),
      not starts_with(plain_name, asked.name),
      candidates.code collate "C"
    limit ${limit}`
}

/**
 * A name as people type it: without accents, in lower case, hyphens as blanks. The letters with strokes are not made of a
 * letter and an accent, and the database's own collation may be one that knows no case beyond ASCII.
 */
function plain (sql: Sql, text: ReturnType<Sql>) {
  return sql`translate(lower(regexp_replace(normalize(${text}, nfd), ${'[\u0300-\u036f]'}, '', 'g') collate "pg_c_utf8"), ${'øłđı-ʻ’\''}, 'oldi ')`
}
