import type { Sql } from 'postgres'
import type { LaneParameters } from './lane-totals.ts'
import { codesOf, portOf, portsIn } from './port-codes.ts'

type Fragment = ReturnType<Sql>

/**
 * Returns the queries of a WITH RECURSIVE clause that find the codes of two sides, each a port or all ports of a region at any depth:
 * `orig_regions`, `orig_port` and `orig_codes`, and the same of the destination. The codes of a port include its aliases: batches from before a
 * code became an alias have the code in their rows.
 */
export function sideCodes (sql: Sql, { origCode, origSlug, destCode, destSlug }: LaneParameters): Fragment {
  return sql`
      -- union, not union all: a repeated region adds no row, so the recursion ends even in a tree with a cycle.
      orig_regions (slug) as (
        select slug from regions where slug = ${origSlug}
        union
        select child.slug from orig_regions as parent join regions as child on child.parent_slug = parent.slug
      ),
      dest_regions (slug) as (
        select slug from regions where slug = ${destSlug}
        union
        select child.slug from dest_regions as parent join regions as child on child.parent_slug = parent.slug
      ),
      orig_port (code) as (${portOf(sql, origCode)}),
      dest_port (code) as (${portOf(sql, destCode)}),
      orig_ports (code) as (select code from orig_port union all ${portsIn(sql, sql`orig_regions`)}),
      dest_ports (code) as (select code from dest_port union all ${portsIn(sql, sql`dest_regions`)}),
      orig_codes (codes) as (select array(${codesOf(sql, sql`orig_ports`)})),
      dest_codes (codes) as (select array(${codesOf(sql, sql`dest_ports`)}))`
}

/** Selects the lanes between the sides. Arrays are evaluated once before the scan, and let an index find each lane; a join would read every row. */
export function laneCondition (sql: Sql): Fragment {
  return sql`orig_code = any ((select codes from orig_codes)::text[]) and dest_code = any ((select codes from dest_codes)::text[])`
}
