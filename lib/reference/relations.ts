import type { ReferenceProblem } from './invalid-reference.ts'
import type { Alias, Placed, Port, Region } from './rows.ts'
import { findCycles, type Tree } from './tree.ts'

/** Reports ports and regions whose parent is unknown. `readPorts` reports an empty parent of a port. */
export function checkParents (
  file: ReferenceProblem['file'], rows: Placed<Port | Region>[], slugs: ReadonlySet<string>, problems: ReferenceProblem[]
): void {
  for (const { line, row: { parent_slug: parent } } of rows) {
    if (!parent || slugs.has(parent)) continue
    const message = `there is no region ${JSON.stringify(parent)}, neither in the file nor in the database`
    problems.push({ file, line, column: 'parent_slug', value: parent, code: 'unknown-parent', message })
  }
}

/** Reports ports and regions whose parent is retired, unless they are retired themselves. */
export function checkRetiredParents (
  file: ReferenceProblem['file'], rows: Placed<Port | Region>[], retired: ReadonlySet<string>, problems: ReferenceProblem[]
): void {
  for (const { line, row } of rows) {
    const { parent_slug: parent } = row
    if (!parent || !retired.has(parent) || retired.has('code' in row ? row.code : row.slug)) continue
    const message = `the region ${parent} is retired: \`reference unretire ${parent}\` reverses that`
    problems.push({ file, line, column: 'parent_slug', value: parent, code: 'retired-parent', message })
  }
}

/**
 * Reports each cycle once, at its first row in the file. `tree` is the state after the load, because a row can close a cycle
 * through regions that the file does not name. A cycle without a row of the file is not reported.
 */
export function checkCycles (rows: Placed<Region>[], tree: Tree, problems: ReferenceProblem[]): void {
  const lines = new Map(rows.map(({ line, row }) => [row.slug, line]))
  for (const cycle of findCycles(tree)) {
    const first = cycle.filter(slug => lines.has(slug)).sort((a, b) => lines.get(a)! - lines.get(b)!)[0]
    if (first === undefined) continue
    const at = cycle.indexOf(first)
    const path = [...cycle.slice(at), ...cycle.slice(0, at), first]
    const where = { file: 'regions', line: lines.get(first)!, column: 'parent_slug', value: path[1]! } as const
    if (cycle.length === 1) problems.push({ ...where, code: 'own-parent', message: `${first} is its own parent` })
    else problems.push({ ...where, code: 'cycle', message: `the parents form a cycle: ${path.join(' → ')}` })
  }
}

/**
 * Reports each slug that equals a port code or alias except for case, once: at the region if the file names it, otherwise at the
 * port. `known.codes` has the codes of the database's ports and the aliases after the load.
 */
export function checkClashes (
  files: { ports: Placed<Port>[], aliases: Placed<Alias>[], regions: Placed<Region>[] },
  known: { regions: Tree, codes: Iterable<string> },
  problems: ReferenceProblem[]
): void {
  const codes = new Set([...known.codes, ...files.ports.map(({ row }) => row.code)].map(code => code.toLowerCase()))
  for (const { line, row: { slug } } of files.regions) {
    if (!codes.has(slug.toLowerCase())) continue
    const message = `${slug} is the code of a port as well`
    problems.push({ file: 'regions', line, column: 'slug', value: slug, code: 'slug-is-code', message })
  }
  const named = new Set(files.regions.map(({ row }) => row.slug.toLowerCase()))
  const existing = new Set([...known.regions.keys()].map(slug => slug.toLowerCase()))
  for (const [column, rows] of [['code', files.ports], ['aliases', files.aliases]] as const) {
    for (const { line, row: { code } } of rows) {
      if (!existing.has(code.toLowerCase()) || named.has(code.toLowerCase())) continue
      const message = `${code} is the slug of a region as well`
      problems.push({ file: 'ports', line, column, value: code, code: 'slug-is-code', message })
    }
  }
}
