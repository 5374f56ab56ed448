import { Problem } from '../../../lib/http/problem.ts'

export type ParameterCode =
  'missing' | 'empty' | 'repeated' | 'malformed' | 'not_a_day' | 'out_of_range' | 'reversed' | 'too_long' | 'same_port' | 'unknown' | 'unknown_location'

/** One thing that is wrong with a query, as the answer's `errors` names it. `value` is what was sent, cut at 200 characters. */
export type ParameterError = { parameter: string, code: ParameterCode, message: string, value?: string }

/** Why a text is refused. */
export class Refusal {
  readonly code: ParameterCode
  readonly message: string
  constructor (code: ParameterCode, message: string) {
    this.code = code
    this.message = message
  }
}

/** How a parameter is read; `absent` is what it is when it is not sent, `mayBeEmpty` says that '' is read like any other text. */
export type Parameter<T> = { read: (text: string) => T | Refusal, absent?: T, mayBeEmpty?: boolean }
export type Parameters<T> = { [Name in keyof T]: Parameter<T[Name]> }

/** Reads a query string. Whatever could be read is in `values`, whatever could not has an error. */
export function readParameters<T extends object> (
  query: Record<string, unknown>, parameters: Parameters<T>
): { values: Partial<T>, errors: ParameterError[] } {
  const values: Partial<T> = {}
  const errors: ParameterError[] = []
  for (const name of Object.keys(parameters) as Array<keyof T & string>) {
    const read = readOne(query[name], parameters[name])
    if (read instanceof Refusal) errors.push(errorAt(name, read.code, read.message, query[name]))
    else values[name] = read
  }
  const unknown = Object.keys(query).filter(name => !Object.hasOwn(parameters, name))
  for (const name of unknown.slice(0, maxUnknown)) {
    errors.push(errorAt(echo(name), 'unknown', `is not a parameter: there are ${Object.keys(parameters).join(', ')}`))
  }
  return { values, errors }
}

/** The problem that names all of the errors. */
export function invalidParameters (errors: ParameterError[]): Problem {
  const names = new Set(errors.map(({ parameter }) => parameter))
  return new Problem('invalid-parameters', `Wrong: ${[...names].join(', ')}`, { members: { errors } })
}

/** The error of a parameter, for checks that need more than its own text. */
export function errorAt (parameter: string, code: ParameterCode, message: string, value?: unknown): ParameterError {
  return { parameter, code, message, ...(typeof value === 'string' && value !== '' ? { value: echo(value) } : {}) }
}

/** What is sent back of a client's text: bounded, and valid Unicode wherever it is cut. */
export function echo (text: string): string {
  return text.slice(0, maxEchoChars).toWellFormed()
}
const maxEchoChars = 200
/** A header of 16 KiB has room for thousands of unknown names; the answer has not. */
const maxUnknown = 20

function readOne<T> (value: unknown, { read, absent, mayBeEmpty }: Parameter<T>): T | Refusal {
  if (Array.isArray(value)) return new Refusal('repeated', `is there ${value.length} times`)
  if (typeof value !== 'string') return absent === undefined ? new Refusal('missing', 'is missing') : absent
  return value === '' && !mayBeEmpty ? new Refusal('empty', 'is empty') : read(value)
}
