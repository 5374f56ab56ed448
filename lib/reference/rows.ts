import type { ReferenceProblem } from './invalid-reference.ts'
import { portCodePattern } from './port-code.ts'
import { readTable } from './table.ts'

export type Region = { slug: string, name: string, parent_slug: string | null }
export type Port = { code: string, name: string, parent_slug: string }
/** Another code of a port. */
export type Alias = { code: string, port_code: string }

/** A row and its line in the file. */
export type Placed<T> = { line: number, row: T }

/** `named` has every slug of the file, including those of invalid rows, so that one mistake is not reported again at each child. */
export type RegionRows = { rows: Placed<Region>[], named: Set<string> }

/** `aliases` is null if the file does not have that column. */
export type PortRows = { rows: Placed<Port>[], aliases: Placed<Alias>[] | null }

/** Maximum characters of a name. */
export const maxNameLength = 200

/** Reads the regions file and checks each row separately. Returns null if no row can be used. */
export function readRegions (csv: string, problems: ReferenceProblem[]): RegionRows | null {
  const table = readTable('regions', csv, ['slug', 'name', 'parent_slug'], problems)
  if (!table) return null
  const rows = new Map<string, Placed<Region>>()
  const named = new Set<string>()
  for (const { line, fields, values } of table) {
    if (!values) {
      for (const field of fields) named.add(field)
      continue
    }
    const { slug, name, parent_slug: parent } = values
    named.add(slug)
    checkKey({ file: 'regions', line, column: 'slug', value: slug }, rows.get(slug)?.line, problems)
    checkName({ file: 'regions', line, column: 'name', value: name }, problems)
    if (slug !== '' && !rows.has(slug)) rows.set(slug, { line, row: { slug, name, parent_slug: parent === '' ? null : parent } })
  }
  return { rows: [...rows.values()], named }
}

/** Reads the ports file and checks each row separately. Returns null if no row can be used. */
export function readPorts (csv: string, problems: ReferenceProblem[]): PortRows | null {
  const table = readTable('ports', csv, ['code', 'name', 'parent_slug'], problems, ['aliases'])
  if (!table) return null
  const rows = new Map<string, Placed<Port>>()
  const aliases: Placed<Alias>[] = []
  for (const { line, values } of table) {
    if (!values) continue
    const { code, name, parent_slug: parent } = values
    checkKey({ file: 'ports', line, column: 'code', value: code }, rows.get(code)?.line, problems)
    checkName({ file: 'ports', line, column: 'name', value: name }, problems)
    if (parent === '') {
      problems.push({ file: 'ports', line, column: 'parent_slug', value: parent, code: 'no-parent', message: `${code} has no region` })
    }
    for (const alias of values.aliases?.split(' ').filter(Boolean) ?? []) {
      checkKey({ file: 'ports', line, column: 'aliases', value: alias }, undefined, problems)
      aliases.push({ line, row: { code: alias, port_code: code } })
    }
    if (code !== '' && !rows.has(code)) rows.set(code, { line, row: { code, name, parent_slug: parent } })
  }
  const hasColumn = table.some(({ values }) => values?.aliases !== undefined)
  return { rows: [...rows.values()], aliases: hasColumn ? aliases : null }
}

type Cell = Pick<ReferenceProblem, 'file' | 'line' | 'column'> & { value: string }

const keys = {
  ports: { pattern: portCodePattern, code: 'malformed-code', form: 'two letters for the country, then three of A-Z and 0-9' },
  regions: { pattern: /^[a-z][a-z0-9_]{0,63}$/, code: 'malformed-slug', form: 'a-z, 0-9 and _, a letter first, 64 characters at most' },
} as const

function checkKey (cell: Cell, firstLine: number | undefined, problems: ReferenceProblem[]): void {
  const { pattern, code, form } = keys[cell.file]
  if (cell.value === '') {
    problems.push({ ...cell, code: 'empty-value', message: `the ${cell.column} is empty` })
  } else if (firstLine !== undefined) {
    problems.push({ ...cell, code: 'duplicate', message: `${cell.value} is already on line ${firstLine}` })
  } else if (!pattern.test(cell.value)) {
    problems.push({ ...cell, code, message: `${JSON.stringify(cell.value)} is not a valid ${cell.column === 'aliases' ? 'code' : cell.column}: ${form}` })
  }
}

function checkName (cell: Cell, problems: ReferenceProblem[]): void {
  if (cell.value.trim() === '') problems.push({ ...cell, code: 'empty-value', message: 'the name is empty' })
  if ([...cell.value].length > maxNameLength) {
    problems.push({ ...cell, code: 'name-too-long', message: `the name has more than ${maxNameLength} characters` })
  }
  // PostgreSQL cannot store NUL, and other control characters break tables and logs.
  if (/\p{Cc}/u.test(cell.value)) problems.push({ ...cell, code: 'control-character', message: 'the name has a control character' })
}
