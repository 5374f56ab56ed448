import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { basename, join } from 'node:path'

/** The most or the least that the median of a figure may be, as `≤ 0.6` or `≥ 0.9`. */
export type Aim = `≤ ${number}` | `≥ ${number}`

/** A line of results.jsonl. */
export type Figure = {
  date: string
  commit: string
  machine: string
  node: string
  bench: string
  /** Name of the measured quantity, with its unit. A ratio is written `a ÷ b`. */
  what: string
  min: number
  median: number
  max: number
  aim: Aim | null
  /** Number of values. */
  n: number
}

export const resultsFile = join(import.meta.dirname, '../results.jsonl')

/** Appends a figure of this benchmark to results.jsonl and prints it. Each value is from one turn; an odd number of turns has a median of its own. */
export function record (what: string, values: number[], aim: Aim | null = null): void {
  const figure: Figure = { ...circumstances(), what, ...summaryOf(values), aim, n: values.length }
  appendFileSync(resultsFile, JSON.stringify(figure) + '\n')
  console.log(lineOf(figure))
}

/** Returns minimum, median and maximum, with four significant digits. */
export function summaryOf (values: number[]): Pick<Figure, 'min' | 'median' | 'max'> {
  if (values.length === 0) throw new RangeError('no values')
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
  const [min, median, max] = [sorted[0]!, middle, sorted.at(-1)!].map(value => Number(value.toPrecision(4))) as [number, number, number]
  return { min, median, max }
}

/** Returns true if the median is within the aim, and null for a figure without an aim. */
export function isReached ({ median, aim }: Pick<Figure, 'median' | 'aim'>): boolean | null {
  if (!aim) return null
  const [relation, limit] = aim.split(' ') as ['≤' | '≥', string]
  return relation === '≤' ? median <= Number(limit) : median >= Number(limit)
}

const headings = ['what', 'min', 'median', 'max', 'aim', 'reached']
const widths = [96, 9, 9, 9, 7, 7]

/** Returns the figures as a table of text. */
export function tableOf (figures: Figure[]): string {
  return [cells(headings), ...figures.map(figure => lineOf({ ...figure, what: `${figure.bench}: ${figure.what}` }))].join('\n')
}

function lineOf (figure: Figure): string {
  const { what, min, median, max, aim } = figure
  const reached = isReached(figure)
  return cells([what, min, median, max, aim ?? '', reached === null ? '' : reached ? 'yes' : 'NO'])
}

function cells (values: Array<string | number>): string {
  return values.map((value, at) => at === 0 ? String(value).padEnd(widths[0]!) : String(value).padStart(widths[at]!)).join(' ').trimEnd()
}

function circumstances (): Pick<Figure, 'date' | 'commit' | 'machine' | 'node' | 'bench'> {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--', ':/', `:!/bench/${basename(resultsFile)}`) !== ''
  return {
    date: new Date().toISOString().slice(0, 16) + 'Z',
    commit: git('rev-parse', '--short=7', 'HEAD') + (changed ? '-dirty' : ''),
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}`,
    node: process.versions.node,
    bench: basename(process.argv[1]!, '.ts'),
  }
}
