import { Type } from 'typebox'
import { countDays, isDay } from './days.ts'
import { errorAt, readParameters, Refusal, refuse, type Parameter, type Parameters } from './parameters.ts'

/** What `GET /rates` asks for: valid days in their order, and codes that are well formed. */
export type RatesQuery = { date_from: string, date_to: string, orig_code: string, dest_code: string }

const dayPattern = /^\d{4}-\d{2}-\d{2}$/
// A port's code is two letters and three of letters and 2 to 9, a region's slug has letters, digits and _; in any case.
const codePattern = /^[A-Za-z][A-Za-z0-9_]{0,63}$/

/** The parameters as the document shows them. */
export const RatesQuerystring = Type.Object({
  date_from: Type.String({ description: 'first day', format: 'date', pattern: dayPattern.source, examples: ['2021-01-01'] }),
  date_to: Type.String({ description: 'last day, of the answer too', format: 'date', pattern: dayPattern.source, examples: ['2021-01-31'] }),
  orig_code: Type.String({ description: 'port code or region slug, in any case: where the container is from', pattern: codePattern.source, examples: ['CNGGZ'] }),
  dest_code: Type.String({ description: 'port code or region slug, in any case: where it goes', pattern: codePattern.source, examples: ['EETLL'] }),
}, { additionalProperties: false })

const day: Parameter<string> = {
  read (text) {
    if (!dayPattern.test(text)) return new Refusal('malformed', 'must look like 2021-01-31')
    return isDay(text) ? text : new Refusal('not_a_day', 'is not in the calendar')
  },
}
const code: Parameter<string> = {
  read: text => codePattern.test(text) ? text : new Refusal('malformed', 'must be a port code like CNGGZ or a region slug like north_europe_main'),
}
const parameters: Parameters<RatesQuery> = { date_from: day, date_to: day, orig_code: code, dest_code: code }

/** Throws `invalid-parameters` with everything that is wrong and can be told without the database. */
export function readRatesQuery (query: Record<string, unknown>, maxDays: number): RatesQuery {
  const { values, errors } = readParameters(query, parameters)
  const { date_from: from, date_to: to } = values
  if (from !== undefined && to !== undefined) {
    const days = countDays(from, to)
    if (days < 1) errors.push(errorAt('date_from', 'reversed', `is after date_to, ${to}`, from))
    if (days > maxDays) errors.push(errorAt('date_to', 'too_long', `makes a range of ${days} days; ${maxDays} are the most`, to))
  }
  return errors.length > 0 ? refuse(errors) : values as RatesQuery
}
