import { InvalidReference, type ReferenceProblem } from './invalid-reference.ts'
import { checkClashes, checkCycles, checkParents } from './relations.ts'
import { readPorts, readRegions, type Port, type Region } from './rows.ts'
import type { Tree } from './tree.ts'

/** Ports and the regions that they are in. */
export type Reference = { ports: Port[], regions: Region[] }

/** What the database holds already: each region's parent, and the port codes. A load deletes nothing, so all of it stays. */
export type Known = { regions: Tree, ports: ReadonlySet<string> }

/**
 * Reads the two CSV files of reference data and checks them against each other and against what is known already.
 * Throws `InvalidReference` with everything that is wrong.
 */
export function readReference (portsCsv: string, regionsCsv: string, known: Known = nothing): Reference {
  const problems: ReferenceProblem[] = []
  const regions = readRegions(regionsCsv, problems)
  const ports = readPorts(portsCsv, problems)

  // Without the regions file every parent would look unknown, so rows are related only where it could be read.
  if (regions) {
    const parents = regions.rows.map(({ row }) => [row.slug, row.parent_slug] as const)
    const tree: Tree = new Map([...known.regions, ...parents])
    const slugs = new Set([...tree.keys(), ...regions.named])
    checkParents('regions', regions.rows, slugs, problems)
    checkParents('ports', ports ?? [], slugs, problems)
    checkCycles(regions.rows, tree, problems)
  }
  checkClashes({ ports: ports ?? [], regions: regions?.rows ?? [] }, known, problems)

  if (problems.length > 0 || !ports || !regions) throw new InvalidReference(problems)
  return { ports: ports.map(({ row }) => row), regions: regions.rows.map(({ row }) => row) }
}

const nothing: Known = { regions: new Map(), ports: new Set() }
