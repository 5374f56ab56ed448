import type { Sql } from 'postgres'
import { transaction } from '../postgres/transaction.ts'
import type { Aliases } from './aliases.ts'
import { readReference, type Known } from './read.ts'
import type { Alias, Port, Region } from './rows.ts'
import { writeAliases, type AliasCounts } from './write-aliases.ts'

/** How many rows of a file were new, had another name or parent, or were unchanged. */
export type Counts = { added: number, changed: number, unchanged: number }

/** The result of a load. `untouched` counts the rows that the database has and the files do not name. */
export type Loaded = {
  regions: Counts
  ports: Counts
  aliases: AliasCounts
  untouchedRegions: number
  untouchedPorts: number
  /** Codes of ports and slugs of regions that were added, and those whose name or parent changed. */
  added: string[]
  changed: string[]
  /** Codes that were ports and are now aliases, each with its port. */
  becameAliases: Alias[]
  /** Codes that were aliases and are now ports, each with its former port. */
  becamePorts: Alias[]
}

export type LoadOptions = {
  /** Returns what a load would do, and changes nothing. */
  dryRun?: boolean
  /** The files belong to the release: they may name ports in regions that an operator has retired. */
  shipped?: boolean
}

/**
 * Loads reference data from CSV files in one transaction; one of the files may be null. A load adds and changes rows. It never
 * deletes a port or a region, because prices refer to ports. A port that becomes an alias keeps its row, which the previous release
 * reads; this release uses the alias first. Retired ports and regions stay retired.
 *
 * Throws `InvalidReference` if anything in the files is invalid.
 */
export async function loadReference (
  sql: Sql, portsCsv: string | null, regionsCsv: string | null, { dryRun = false, shipped = false }: LoadOptions = {}
): Promise<Loaded> {
  try {
    return await transaction(sql, async sql => {
      const loaded = await load(sql, portsCsv, regionsCsv, shipped)
      if (dryRun) throw new RolledBack(loaded)
      return loaded
    })
  } catch (error) {
    if (error instanceof RolledBack) return error.loaded
    throw error
  }
}

class RolledBack extends Error {
  readonly loaded: Loaded
  constructor (loaded: Loaded) {
    super('a dry run')
    this.loaded = loaded
  }
}

async function load (sql: Sql, portsCsv: string | null, regionsCsv: string | null, shipped: boolean): Promise<Loaded> {
  // Serializes concurrent loads before either reads, so that two halves cannot form a cycle.
  // The lock does not block queries and arriving batches, which only read these tables.
  await sql`lock table regions, ports, port_aliases in share row exclusive mode`
  const known = await readKnown(sql)
  const { regions, ports, aliases } = readReference(portsCsv, regionsCsv, shipped ? { ...known, retired: new Set() } : known)
  const written = { regions: await upsertRegions(sql, regions), ports: await upsertPorts(sql, ports) }
  const counts = {
    regions: count(regions.length, written.regions),
    ports: count(ports.length, written.ports),
    aliases: await writeAliases(sql, known.aliases, aliases),
  }
  // The worker checks rejected content again if it is sent again after this (docs/decisions/0028).
  if (Object.values(counts).some(({ unchanged, ...moved }) => Object.values(moved).some(count => count > 0))) {
    await sql`update reference_version set version = version + 1`
  }
  const rows = [...written.regions, ...written.ports]
  return {
    ...counts,
    added: rows.filter(({ added }) => added).map(({ code }) => code),
    changed: rows.filter(({ added }) => !added).map(({ code }) => code),
    untouchedRegions: known.regions.size - regions.filter(({ slug }) => known.regions.has(slug)).length,
    untouchedPorts: countUntouched(known, ports, aliases),
    becameAliases: selectAliases(aliases, code => known.ports.has(code) && !known.aliases.has(code)),
    becamePorts: selectAliases(known.aliases, code => !aliases.has(code) && isPort(code, known, ports)),
  }
}

function countUntouched (known: Known, ports: Port[], aliases: Aliases): number {
  const named = new Set(ports.map(({ code }) => code))
  return [...known.ports].filter(code => !named.has(code) && !aliases.has(code)).length
}

const isPort = (code: string, known: Known, ports: Port[]): boolean => known.ports.has(code) || ports.some(port => port.code === code)

function selectAliases (aliases: Aliases, matches: (code: string) => boolean): Alias[] {
  return [...aliases].filter(([code]) => matches(code)).map(([code, port]) => ({ code, port_code: port }))
}

async function readKnown (sql: Sql): Promise<Known> {
  const regions = await sql<Array<Omit<Region, 'name'> & { is_retired: boolean }>>`select slug, parent_slug, retired_at is not null as is_retired from regions`
  const ports = await sql<Array<Pick<Port, 'code'> & { is_retired: boolean }>>`select code, retired_at is not null as is_retired from ports`
  const aliases = await sql<Alias[]>`select code, port_code from port_aliases`
  return {
    regions: new Map(regions.map(({ slug, parent_slug: parent }) => [slug, parent])),
    ports: new Set(ports.map(({ code }) => code)),
    aliases: new Map(aliases.map(({ code, port_code: port }) => [code, port])),
    retired: new Set([...regions.filter(isRetired).map(({ slug }) => slug), ...ports.filter(isRetired).map(({ code }) => code)]),
  }
}

const isRetired = ({ is_retired: retired }: { is_retired: boolean }): boolean => retired

/** A row that an upsert inserted or updated. */
type Written = { code: string, added: boolean }

async function upsertRegions (sql: Sql, regions: Region[]): Promise<Written[]> {
  // The file's order does not matter: the foreign key to the parent is checked at commit.
  return await sql<Written[]>`
    insert into regions (slug, name, parent_slug)
    select slug, name, parent_slug
    from unnest(
      ${regions.map(({ slug }) => slug)}::text[],
      ${regions.map(({ name }) => name)}::text[],
      ${regions.map(({ parent_slug: parent }) => parent)}::text[]
    ) as file (slug, name, parent_slug)
    on conflict (slug) do update set name = excluded.name, parent_slug = excluded.parent_slug
    where (regions.name, regions.parent_slug) is distinct from (excluded.name, excluded.parent_slug)
    returning slug as code, xmax = 0 as added`
}

async function upsertPorts (sql: Sql, ports: Port[]): Promise<Written[]> {
  return await sql<Written[]>`
    insert into ports (code, name, parent_slug)
    select code, name, parent_slug
    from unnest(
      ${ports.map(({ code }) => code)}::text[],
      ${ports.map(({ name }) => name)}::text[],
      ${ports.map(({ parent_slug: parent }) => parent)}::text[]
    ) as file (code, name, parent_slug)
    on conflict (code) do update set name = excluded.name, parent_slug = excluded.parent_slug
    where (ports.name, ports.parent_slug) is distinct from (excluded.name, excluded.parent_slug)
    returning code, xmax = 0 as added`
}

// A row version of an update has a transaction in xmax; a row version of an insert has none.
function count (rows: number, written: Written[]): Counts {
  const added = written.filter(row => row.added).length
  return { added, changed: written.length - added, unchanged: rows - written.length }
}
