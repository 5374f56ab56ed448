import type { ReferenceProblem } from './invalid-reference.ts'
import type { Placed, Port, PortRows } from './rows.ts'

/** The port of each alias. An alias is another code of a port; the port's own code is `ports.code`. */
export type Aliases = ReadonlyMap<string, string>

/** Maximum aliases of one port: a query reads all codes of a port, and `GET /locations` lists them. */
export const maxAliases = 16

/** Reports aliases that name two ports, their own port, or another port of the file. */
export function checkAliases ({ rows, aliases }: PortRows, problems: ReferenceProblem[]): void {
  const lines = new Map(rows.map(({ line, row }) => [row.code, line]))
  const first = new Map<string, number>()
  for (const { line, row: { code, port_code: port } } of aliases ?? []) {
    const at = { file: 'ports', line, column: 'aliases', value: code } as const
    if (code === port) {
      problems.push({ ...at, code: 'own-alias', message: `${code} is the code of the port itself` })
    } else if (lines.has(code)) {
      problems.push({ ...at, code: 'alias-is-port', message: `${code} is the port on line ${lines.get(code)}` })
    } else if (first.has(code)) {
      problems.push({ ...at, code: 'duplicate', message: `${code} is an alias on line ${first.get(code)} already` })
    } else {
      first.set(code, line)
    }
  }
}

/**
 * Returns the aliases after a load.
 *
 * - A file with the column `aliases` replaces all aliases of each port that it names. A file without the column keeps them.
 * - Aliases of other ports stay.
 * - A code that the file has as a port is not an alias.
 * - If a port becomes an alias, its own aliases move to the port that it is now an alias of.
 */
export function aliasesAfter (file: { ports: Placed<Port>[], aliases: PortRows['aliases'] }, known: Aliases): Map<string, string> {
  const named = new Set(file.ports.map(({ row }) => row.code))
  const stated = new Map(file.aliases?.map(({ row }) => [row.code, row.port_code]))
  const after = new Map<string, string>()
  for (const [code, port] of known) {
    const isReplaced = file.aliases !== null && named.has(port)
    if (!named.has(code) && !isReplaced) after.set(code, stated.get(port) ?? port)
  }
  for (const [code, port] of stated) after.set(code, port)
  return after
}

/** Reports ports with more than {@link maxAliases} aliases, including those that the database has. */
export function checkAliasCounts (ports: Placed<Port>[], after: Aliases, problems: ReferenceProblem[]): void {
  const counts = Map.groupBy(after.values(), port => port)
  for (const { line, row: { code } } of ports) {
    const count = counts.get(code)?.length ?? 0
    if (count <= maxAliases) continue
    const message = `${code} has ${count} aliases: the maximum is ${maxAliases}`
    problems.push({ file: 'ports', line, column: 'aliases', value: null, code: 'too-many-aliases', message })
  }
}
