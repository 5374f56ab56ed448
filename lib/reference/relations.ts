import type { ReferenceProblem } from './invalid-reference.ts'
import type { Alias, Placed, Port, Region } from './rows.ts'
import { findCycles, type Tree } from './tree.ts'

/** Reports ports and regions whose parent is not among the slugs; an empty parent of a port is reported where it is read. */
export function checkParents (
  file: ReferenceProblem['file'], rows: Placed<Port | Region>[], slugs: ReadonlySet<string>, problems: ReferenceProblem[]
): void {
  for (const { line, row: { parent_slug: parent } } of rows) {
    if (!parent || slugs.has(parent)) continue
    const message = `there is no region ${JSON.stringify(parent)}, neither in the file nor known already`
    problems.push({ file, line, column: 'parent_slug', value: parent, code: 'unknown-parent', message })
  }
}

/** Reports ports and regions that are put into a retired region; what is retired itself may stay there. */
export function checkRetiredParents (
  file: ReferenceProblem['file'], rows: Placed<Port | Region>[], retired: ReadonlySet<string>, problems: ReferenceProblem[]
): void {
  for (const { line, row } of rows) {
    const { parent_slug: parent } = row
    if (!parent || !retired.has(parent) || retired.has('code' in row ? row.code : row.slug)) continue
    const message = `the region ${parent} is retired: \`reference unretire ${parent}\` takes that back`
    problems.push({ file, line, column: 'parent_slug', value: parent, code: 'retired-parent', message })
  }
}

/**
 * Reports each cycle once, at the first of its rows. The tree is what the database will hold, since a row can close
 * a cycle through regions that the file does not name; a cycle with no row of the file in it is not the file's fault.
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
    else problems.push({ ...where, code: 'cycle', message: `the parents lead in a circle: ${path.join(' → ')}` })
  }
}

/**
 * Reports each slug that is a code or alias of a port but for case, once: at the region where the file has it, else at the port.
 * `known.codes` are those of the database's ports and the aliases after the load.
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
