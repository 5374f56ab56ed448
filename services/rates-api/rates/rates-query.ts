import { Type } from 'typebox'
import { Problem } from '../../../lib/http/problem.ts'
import type { Sides } from './lane-totals.ts'
import { isDay } from '../../../lib/calendar/is-day.ts'
import { countDays } from './days.ts'
import { moment } from './moment.ts'
import { errorAt, invalidParameters, readParameters, Refusal, type Parameter, type ParameterError, type Parameters } from './parameters.ts'

/** The parameters of `GET /rates`: calendar days, well-formed codes, and the moment at which the prices were known; null is now. */
export type RatesQuery = { date_from: string, date_to: string, orig_code: string, dest_code: string, as_of: string | null }

const dayPattern = /^\d{4}-\d{2}-\d{2}$/
// Two letters and three of A-Z and 0-9 for a port, a letter and up to 63 of a-z, 0-9 and _ for a region; in any case.
const codePattern = /^[A-Za-z][A-Za-z0-9_]{0,63}$/

const Day = (what: string, example: string) =>
  Type.String({ description: `${what} day, as YYYY-MM-DD`, format: 'date', pattern: dayPattern.source, examples: [example] })
const Code = (where: string, example: string) =>
  Type.String({ description: `port or region ${where}: a port's code or one of its aliases, or a region's slug, in any case`, pattern: codePattern.source, examples: [example] })

/** The parameters as the OpenAPI document shows them. */
export const RatesQuerystring = Type.Object({
  date_from: Day('first', '2021-01-01'),
  date_to: Day('last', '2021-01-31'),
  orig_code: Code('where containers come from', 'CNGGZ'),
  dest_code: Code('where they go', 'EETLL'),
  as_of: Type.Optional(Type.String({
    description: 'moment with an offset from UTC and at most microseconds (RFC 3339): the rates are those of the batches, and of the regions, of then', format: 'date-time', examples: ['2026-11-01T12:00:00Z'],
  })),
}, { additionalProperties: false })

const day: Parameter<string> = {
  read (text) {
    if (!dayPattern.test(text)) return new Refusal('malformed', 'must look like 2021-01-31')
    return isDay(text) ? text : new Refusal('not_a_day', 'is not in the calendar')
  },
}
const code: Parameter<string> = {
  read: text => codePattern.test(text) ? text : new Refusal('malformed', 'must look like CNGGZ, a port, or north_europe_main, a region'),
}
const parameters: Parameters<RatesQuery> = { date_from: day, date_to: day, orig_code: code, dest_code: code, as_of: { ...moment, absent: null } }

/** Reads the parameters. Throws `invalid-parameters` with every error that needs no database query. */
export function readRatesQuery (query: Record<string, unknown>, maxDays: number): RatesQuery {
  const { values, errors } = readParameters(query, parameters)
  const { date_from: from, date_to: to } = values
  if (from !== undefined && to !== undefined) {
    const days = countDays(from, to)
    if (days < 1) errors.push(errorAt('date_from', 'reversed', `is after date_to, which is ${to}`, from))
    if (days > maxDays) errors.push(errorAt('date_to', 'too_long', `makes a range of ${days} days; the maximum is ${maxDays}`, to))
  }
  if (errors.length > 0) throw invalidParameters(errors)
  return values as RatesQuery
}

/**
 * Throws `unknown-location` if the database has no port or region of a code. Throws `invalid-parameters` if both codes name the same
 * port, by one code or by two. Lanes within one region are allowed.
 */
export function checkSides ({ orig_code: orig, dest_code: dest }: RatesQuery, kinds: Sides): void {
  const unknown: ParameterError[] = []
  if (!kinds.orig) unknown.push(unknownLocation('orig_code', orig))
  if (!kinds.dest) unknown.push(unknownLocation('dest_code', dest))
  if (unknown.length > 0) throw unknownLocations(unknown)
  if (kinds.origPort !== null && kinds.origPort === kinds.destPort) {
    throw invalidParameters([errorAt('dest_code', 'same_port', 'is the same port as orig_code', dest)])
  }
}

export function unknownLocation (parameter: 'orig_code' | 'dest_code', code: string): ParameterError {
  return errorAt(parameter, 'unknown_location', 'is neither a port nor a region', code)
}

export function unknownLocations (errors: ParameterError[]): Problem {
  const codes = new Set(errors.map(({ value }) => value))
  return new Problem('unknown-location', `There is no port or region ${[...codes].join(' and no ')}`, { members: { errors } })
}
