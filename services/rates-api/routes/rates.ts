import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { withDeadline } from '../../runtime/deadline.ts'
import { negotiate } from '../../runtime/media-type.ts'
import { Problem } from '../../runtime/problem.ts'
import type { RatesApi } from '../app.ts'
import { averagePrices } from '../average-prices.ts'
import { tooLate } from '../connections.ts'
import { dailyRates, toCsv, type Rate } from '../daily-rates.ts'
import { documentedProblems } from '../documented-problems.ts'
import { invalidParameters } from '../parameters.ts'
import { checkSides, RatesQuerystring, readRatesQuery, unknownLocation, unknownLocations } from '../rates-query.ts'

const Rates = Type.Object({
  rates: Type.Array(Type.Object({
    day: Type.String({ format: 'date' }),
    count: Type.Unsafe({ type: ['integer', 'null'], description: 'prices on that day, identical ones included; null where there are none' }),
    price: Type.Unsafe({ type: ['number', 'null'], description: 'their mean in USD; null where there are fewer than three' }),
  }, { additionalProperties: false }), { description: 'one for each day of the range, both ends included, the newest first' }),
}, { additionalProperties: false })

const example: Rate[] = [{ day: '2021-01-31', count: 3, price: 1154.3333333333333 }, { day: '2021-01-30', count: 2, price: null }]
const exampleErrors = [
  { parameter: 'date_from', code: 'not_a_day', message: 'is not in the calendar', value: '2021-02-30' },
  { parameter: 'orig_code', code: 'missing', message: 'is missing' },
] as const

/** `GET /rates` */
export function registerRates (app: FastifyInstance, { ask, answers, access, maxDays, limitMs }: RatesApi): void {
  app.get('/rates', {
    onRequest: access.onRequest,
    validatorCompiler: () => () => true, // readRatesQuery says more than a schema can
    schema: {
      operationId: 'getRates',
      summary: 'The average price of a lane, day by day',
      description: `A region means every port in it and in the regions under it, at any depth. The range has at most ${maxDays} days.`,
      tags: ['rates'],
      security: access.security,
      querystring: RatesQuerystring,
      response: {
        200: {
          description: 'The rate of each day',
          content: {
            'application/json': { schema: Rates, examples: { rates: { value: { rates: example } } } },
            'text/csv': { schema: Type.String(), examples: { rates: { value: toCsv(example) } } },
          },
        },
        ...documentedProblems(...access.problems, invalidParameters([...exampleErrors]), unknownLocations([unknownLocation('orig_code', 'CNGGG')]),
          new Problem('not-acceptable', 'This comes as application/json or text/csv')),
      },
    },
  }, async (request, reply) => {
    const type = negotiate(request, reply, ['application/json', 'text/csv'])
    // One limit for all of it: to learn whether an answer still holds may take as long as to make it anew.
    const body = await withDeadline(answerTo(request, type), limitMs, () => tooLate(limitMs))
    // Caches between here and a client cannot ask the database whether an answer still holds.
    return reply.header('cache-control', 'no-store').type(`${type}; charset=utf-8`).send(body)
  })

  async function answerTo (request: FastifyRequest, type: string): Promise<string> {
    const key = `${type} ${request.url}`
    const kept = await answers.current(key)
    if (kept !== undefined) return kept
    const query = readRatesQuery(request.query as Record<string, unknown>, maxDays)
    const totals = await ask(sql => averagePrices(sql, query))
    checkSides(query, totals)
    const rates = dailyRates(query, totals.months)
    const body = type === 'text/csv' ? toCsv(rates) : JSON.stringify({ rates })
    answers.keep(key, totals.snapshot, body)
    return body
  }
}
