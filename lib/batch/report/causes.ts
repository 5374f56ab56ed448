import type { ReportedError } from './reported-error.ts'

/** Errors of one code in one column. The texts are those of the first error. */
export type Cause = {
  code: string
  column: string | null
  count: number
  message: string
  /** Numbers of the first rows, at most ten. Empty for an error of the complete file. */
  rows: number[]
  example: Pick<ReportedError, 'row' | 'cell' | 'value' | 'original'>
}

/** The errors of a batch by cause. The object `reports/<id>.causes.json`, beside the report. */
export type Causes = {
  version: 1
  /** Number of all errors. */
  errors: number
  /** Number of errors that the report has. */
  written: number
  /** Names of the columns of a workbook, as its header has them. */
  header?: string[] | undefined
  causes: Cause[]
}

const maxRows = 10
// Names of columns are text of the provider: a JSON file can have a new one in each row.
const maxGroups = 200

/**
 * Counts errors by code and column. After {@link maxGroups} groups, the errors of further columns are counted by their code alone: each error is
 * counted once.
 */
export class CauseCounter {
  errors = 0
  readonly #groups = new Map<string, Cause>()

  add ({ row, cell, column, value, code, message, original }: ReportedError): void {
    this.errors++
    let key = `${code} ${column ?? ''}`
    if (!this.#groups.has(key) && this.#groups.size >= maxGroups) key = `${code} `
    let cause = this.#groups.get(key)
    if (!cause) {
      const example = { row, ...(cell === undefined ? {} : { cell }), value, original }
      cause = { code, column: key === `${code} ` ? null : column, count: 0, message, rows: [], example }
      this.#groups.set(key, cause)
    }
    cause.count++
    if (row > 0 && cause.rows.length < maxRows && cause.rows.at(-1) !== row) cause.rows.push(row)
  }

  /** Returns the causes, the most frequent first. */
  causes (): Cause[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count)
  }
}
