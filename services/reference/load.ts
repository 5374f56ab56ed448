import type { Sql } from 'postgres'
import { transaction } from '../runtime/transaction.ts'
import { readReference, type Known } from './read.ts'
import type { Port, Region } from './rows.ts'

/** How many rows of a file were new, had another name or parent, or were as they are. */
export type Counts = { added: number, changed: number, unchanged: number }

/** What a load did; kept are those that the database has and the files do not name. */
export type Loaded = { regions: Counts, ports: Counts, keptRegions: number, keptPorts: number }

/**
 * Loads reference data from two CSV files, in one transaction: all of it or nothing. It adds and changes, and never
 * deletes, because prices refer to ports. Needs the owner of the tables.
 * Throws `InvalidReference` when anything is wrong with the files.
 */
export async function loadReference (sql: Sql, portsCsv: string, regionsCsv: string): Promise<Loaded> {
  return await transaction(sql, async sql => {
    // Two loads at once queue up here, before either looks, so that no cycle is made of their two halves.
    // Queries and arriving batches, which only read these tables, are not held up by this lock.
    await sql`lock table regions, ports in share row exclusive mode`
    const known = await readKnown(sql)
    const { regions, ports } = readReference(portsCsv, regionsCsv, known)
    return {
      regions: await upsertRegions(sql, regions),
      ports: await upsertPorts(sql, ports),
      keptRegions: known.regions.size - regions.filter(({ slug }) => known.regions.has(slug)).length,
      keptPorts: known.ports.size - ports.filter(({ code }) => known.ports.has(code)).length,
    }
  })
}

async function readKnown (sql: Sql): Promise<Known> {
  const regions = await sql<Omit<Region, 'name'>[]>`select slug, parent_slug from regions`
  const ports = await sql<Pick<Port, 'code'>[]>`select code from ports`
  return {
    regions: new Map(regions.map(({ slug, parent_slug: parent }) => [slug, parent])),
    ports: new Set(ports.map(({ code }) => code)),
  }
}

async function upsertRegions (sql: Sql, regions: Region[]): Promise<Counts> {
  // The file's order does not matter: the foreign key to the parent is checked at commit.
  const written = await sql<{ added: boolean }[]>`
    insert into regions (slug, name, parent_slug)
    select slug, name, parent_slug
    from unnest(
      ${regions.map(({ slug }) => slug)}::text[],
      ${regions.map(({ name }) => name)}::text[],
      ${regions.map(({ parent_slug: parent }) => parent)}::text[]
    ) as file (slug, name, parent_slug)
    on conflict (slug) do update set name = excluded.name, parent_slug = excluded.parent_slug
    where (regions.name, regions.parent_slug) is distinct from (excluded.name, excluded.parent_slug)
    returning xmax = 0 as added`
  return count(regions.length, written)
}

async function upsertPorts (sql: Sql, ports: Port[]): Promise<Counts> {
  const written = await sql<{ added: boolean }[]>`
    insert into ports (code, name, parent_slug)
    select code, name, parent_slug
    from unnest(
      ${ports.map(({ code }) => code)}::text[],
      ${ports.map(({ name }) => name)}::text[],
      ${ports.map(({ parent_slug: parent }) => parent)}::text[]
    ) as file (code, name, parent_slug)
    on conflict (code) do update set name = excluded.name, parent_slug = excluded.parent_slug
    where (ports.name, ports.parent_slug) is distinct from (excluded.name, excluded.parent_slug)
    returning xmax = 0 as added`
  return count(ports.length, written)
}

// A row version that an update made has a transaction in xmax, one that an insert made has none.
function count (rows: number, written: { added: boolean }[]): Counts {
  const added = written.filter(row => row.added).length
  return { added, changed: written.length - added, unchanged: rows - written.length }
}
