/** What can be wrong with reference data, and what each code means. */
export const referenceProblems = {
  'empty-file': 'the file has no header, or no row under it',
  'malformed-csv': 'a quote is not closed, or stands where none may; nothing of the file is trusted then',
  'missing-column': 'the header lacks a column',
  'unknown-column': 'the header has a column that is none of ours',
  'duplicate-column': 'the header has a column twice',
  'field-count': 'the row has more or fewer fields than the header',
  'empty-value': 'the code, slug or name is empty',
  'malformed-code': 'the port code or alias does not look like a UN/LOCODE',
  'malformed-slug': 'the region slug does not look like one',
  'name-too-long': 'the name is longer than 200 characters',
  'control-character': 'the name has a control character, such as a line break',
  duplicate: 'the code, alias or slug stands in the file twice',
  'no-parent': 'the port is in no region',
  'unknown-parent': 'the parent is neither in the regions file nor known already',
  'retired-parent': 'the parent is a retired region',
  'own-parent': 'the region is in itself',
  cycle: 'following the parents leads back to the region',
  'slug-is-code': 'a region slug and a port code or alias differ in case at most, so that a query could mean either',
  'own-alias': 'the alias is the code of its own port',
  'alias-is-port': 'the alias is the code of another port of the file',
  'too-many-aliases': 'the port has more than 16 aliases',
} as const

/** One thing that is wrong, at one place of one file. */
export type ReferenceProblem = {
  file: 'ports' | 'regions'
  /** Line of the file, from 1; the header is line 1. A row over several lines is at its first. */
  line: number
  /** Column that the value is in; null where the whole row or file is meant. */
  column: string | null
  value: string | null
  code: keyof typeof referenceProblems
  message: string
}

/** Reference data that was refused, with everything that is wrong with it: regions first, then ports, each in the order of the lines. */
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
