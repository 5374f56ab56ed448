/** The codes of reference data problems, and what each means. */
export const referenceProblems = {
  'empty-file': 'the file has no header, or no row under it',
  'malformed-csv': 'a quote is not closed or is misplaced; no row of the file is then used',
  'missing-column': 'the header lacks a column',
  'unknown-column': 'the header has an unknown column',
  'duplicate-column': 'the header has a column twice',
  'field-count': 'the row has more or fewer fields than the header',
  'empty-value': 'the code, slug or name is empty',
  'malformed-code': 'the port code or alias does not look like a UN/LOCODE',
  'malformed-slug': 'the region slug has an invalid form',
  'name-too-long': 'the name is longer than 200 characters',
  'control-character': 'the name has a control character, such as a line break',
  duplicate: 'the code, alias or slug is in the file twice',
  'no-parent': 'the port is in no region',
  'unknown-parent': 'the parent is neither in the regions file nor in the database',
  'retired-parent': 'the parent is a retired region',
  'own-parent': 'the region is its own parent',
  cycle: 'the parents of the region lead back to the region',
  'slug-is-code': 'a region slug and a port code or alias are equal except for case, so a query would be ambiguous',
  'own-alias': 'the alias is the code of its own port',
  'alias-is-port': 'the alias is the code of another port of the file',
  'too-many-aliases': 'the port has more than 16 aliases',
} as const

/** One problem, at one place of one file. */
export type ReferenceProblem = {
  file: 'ports' | 'regions'
  /** Line of the file, from 1; the header is line 1. A row that spans several lines has the number of its first line. */
  line: number
  /** Column of the value; null if the problem concerns the whole row or file. */
  column: string | null
  value: string | null
  code: keyof typeof referenceProblems
  message: string
}

/** Thrown for invalid reference data, with all problems: regions first, then ports, each in the order of lines. */
export class InvalidReference extends Error {
  override name = 'InvalidReference'
  readonly code = 'invalid-reference'
  readonly problems: readonly ReferenceProblem[]

  constructor (found: ReferenceProblem[]) {
    const problems = found.toSorted((a, b) => fileOrder[a.file] - fileOrder[b.file] || a.line - b.line)
    const [first, ...others] = problems
    super(first
      ? `${first.file} file, line ${first.line}: ${first.message}${others.length > 0 ? ` (and ${others.length} more)` : ''}`
      : 'the reference data is invalid')
    this.problems = problems
  }
}

const fileOrder = { regions: 0, ports: 1 }
