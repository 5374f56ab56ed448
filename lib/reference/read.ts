import { aliasesAfter, checkAliasCounts, checkAliases, type Aliases } from './aliases.ts'
import { InvalidReference, type ReferenceProblem } from './invalid-reference.ts'
import { checkClashes, checkCycles, checkParents, checkRetiredParents } from './relations.ts'
import { readPorts, readRegions, type Port, type Region } from './rows.ts'
import type { Tree } from './tree.ts'

/** Ports, regions, and all aliases after a load. */
export type Reference = { ports: Port[], regions: Region[], aliases: Aliases }

/**
 * The reference data in the database: each region's parent, the port codes, the port of each alias, and the retired slugs and
 * codes. A load deletes no region and no port.
 */
export type Known = { regions: Tree, ports: ReadonlySet<string>, aliases: Aliases, retired: ReadonlySet<string> }

/**
 * Reads the CSV files of reference data and checks them against each other and against `known`. One of the files may be null.
 * Throws `InvalidReference` with all problems.
 */
export function readReference (portsCsv: string | null, regionsCsv: string | null, known: Known = nothing): Reference {
  const problems: ReferenceProblem[] = []
  const regions = regionsCsv === null ? { rows: [], named: new Set<string>() } : readRegions(regionsCsv, problems)
  const ports = portsCsv === null ? { rows: [], aliases: null } : readPorts(portsCsv, problems)

  // Without the regions file every parent would look unknown, so parents are checked only if the file could be read.
  if (regions) {
    const parents = regions.rows.map(({ row }) => [row.slug, row.parent_slug] as const)
    const tree: Tree = new Map([...known.regions, ...parents])
    const slugs = new Set([...tree.keys(), ...regions.named])
    checkParents('regions', regions.rows, slugs, problems)
    checkParents('ports', ports?.rows ?? [], slugs, problems)
    checkCycles(regions.rows, tree, problems)
    checkRetiredParents('regions', regions.rows, known.retired, problems)
    checkRetiredParents('ports', ports?.rows ?? [], known.retired, problems)
  }
  if (ports) checkAliases(ports, problems)
  const files = { ports: ports?.rows ?? [], aliases: ports?.aliases ?? [], regions: regions?.rows ?? [] }
  const aliases = aliasesAfter({ ports: files.ports, aliases: ports?.aliases ?? null }, known.aliases)
  checkAliasCounts(files.ports, aliases, problems)
  checkClashes(files, { regions: known.regions, codes: [...known.ports, ...aliases.keys()] }, problems)

  if (problems.length > 0 || !ports || !regions) throw new InvalidReference(problems)
  return { ports: ports.rows.map(({ row }) => row), regions: regions.rows.map(({ row }) => row), aliases }
}

const nothing: Known = { regions: new Map(), ports: new Set(), aliases: new Map(), retired: new Set() }
