import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { csvLine } from '../../runtime/csv.ts'
import { negotiate } from '../../runtime/media-type.ts'
import { Problem } from '../../runtime/problem.ts'
import type { RatesApi } from '../app.ts'
import { averagePrices, type LaneTotals } from '../average-prices.ts'
import { dailyRates, type Rate } from '../daily-rates.ts'
import { echo, errorAt, refuse } from '../parameters.ts'
import { RatesQuerystring, readRatesQuery, type RatesQuery } from '../rates-query.ts'

const example: Rate[] = [{ day: '2021-01-31', count: 3, price: 1154.3333333333333 }, { day: '2021-01-30', count: 2, price: null }]

const Rates = Type.Object({
  rates: Type.Array(Type.Object({
    day: Type.String({ format: 'date' }),
    count: Type.Unsafe({ type: ['integer', 'null'], minimum: 1, description: 'prices on that day, duplicates included; null where there are none' }),
    price: Type.Unsafe({ type: ['number', 'null'], description: 'their mean in USD; null where there are fewer than three' }),
  }), { description: 'one for each day of the range, both ends included, the newest first' }),
}, { examples: [{ rates: example }] })

/** `GET /rates` */
export function registerRates (app: FastifyInstance, { sql, turns, maxDays, guard }: RatesApi): void {
  app.get<{ Querystring: Record<string, unknown> }>('/rates', {
    ...guard,
    schema: {
      operationId: 'getRates',
      summary: 'Average price of a lane, day by day',
      description: `A region means every port in it and in the regions under it. The range has ${maxDays} days at most.`,
      tags: ['rates'],
      security: guard.security,
      querystring: RatesQuerystring,
      response: {
        200: {
          description: 'The rate of each day',
          content: { 'application/json': { schema: Rates }, 'text/csv': { schema: Type.String({ examples: [toCsv(example)] }) } },
        },
        ...guard.problems(400, 404, 406, 503),
      },
    },
  }, async (request, reply) => {
    const type = negotiate(request, reply, ['application/json', 'text/csv'])
    const query = readRatesQuery(request.query, maxDays)
    const totals = await turns(() => averagePrices(sql, query))
    checkSides(query, totals)
    const rates = dailyRates(query, totals.months)
    // no-store: whoever asks after a batch is applied sees it, whatever caches lie between.
    reply.header('cache-control', 'no-store')
    return type === 'text/csv' ? reply.type('text/csv; charset=utf-8').send(toCsv(rates)) : reply.send({ rates })
  })
}
