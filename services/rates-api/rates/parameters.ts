import { Problem } from '../../../lib/http/problem.ts'

export type ParameterCode =
  'missing' | 'empty' | 'repeated' | 'malformed' | 'not_a_day' | 'out_of_range' | 'reversed' | 'too_long' | 'same_port' | 'too_many_prices' | 'unknown' | 'unknown_location'

/** One error of a request's query string, as in the response's `errors`. `value` is the sent text, cut at 200 characters. */
export type ParameterError = { parameter: string, code: ParameterCode, message: string, value?: string }

/** The reason why a parameter's text is invalid. */
export class Refusal {
  readonly code: ParameterCode
  readonly message: string
  constructor (code: ParameterCode, message: string) {
    this.code = code
    this.message = message
  }
}

/** Reads a parameter. `absent` is the default; `mayBeEmpty` means that `read` also accepts ''. */
export type Parameter<T> = { read: (text: string) => T | Refusal, absent?: T, mayBeEmpty?: boolean }
export type Parameters<T> = { [Name in keyof T]: Parameter<T[Name]> }

/** Reads a query string. `values` has the valid parameters, and `errors` has an error for each other parameter. */
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
    errors.push(errorAt(echo(name), 'unknown', `is not a parameter; the parameters are ${Object.keys(parameters).join(', ')}`))
  }
  return { values, errors }
}

/** Creates the problem that lists all errors. */
export function invalidParameters (errors: ParameterError[], members: Record<string, unknown> = {}): Problem {
  const names = new Set(errors.map(({ parameter }) => parameter))
  return new Problem('invalid-parameters', `Invalid parameters: ${[...names].join(', ')}`, { members: { errors, ...members } })
}

/** Creates an error, for checks that need more than the text of one parameter. */
export function errorAt (parameter: string, code: ParameterCode, message: string, value?: unknown): ParameterError {
  return { parameter, code, message, ...(typeof value === 'string' && value !== '' ? { value: echo(value) } : {}) }
}

/** Returns the part of a client's text that a response repeats: bounded, and valid Unicode wherever it is cut. */
export function echo (text: string): string {
  return text.slice(0, maxEchoChars).toWellFormed()
}
const maxEchoChars = 200
/** Maximum number of reported unknown names. A header of 16 KiB has room for thousands. */
const maxUnknown = 20

function readOne<T> (value: unknown, { read, absent, mayBeEmpty }: Parameter<T>): T | Refusal {
  if (Array.isArray(value)) return new Refusal('repeated', `is present ${value.length} times`)
  if (typeof value !== 'string') return absent === undefined ? new Refusal('missing', 'is missing') : absent
  return value === '' && !mayBeEmpty ? new Refusal('empty', 'is empty') : read(value)
}
