import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { negotiate } from '../../../lib/http/media-type.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { totalsAsOf } from '../as-of/totals-as-of.ts'
import { age, documentedAge } from '../cache/age.ts'
import type { RatesApi } from '../context.ts'
import { averagePrices } from '../rates/average-prices.ts'
import { dailyRates, toCsv, type Rate } from '../rates/daily-rates.ts'
import { documentedProblems } from '../../../lib/http/documented-problems.ts'
import { databaseProblems } from '../database/connections.ts'
import type { Host } from '../database/host.ts'
import { invalidParameters } from '../rates/parameters.ts'
import type { LaneTotals } from '../rates/lane-totals.ts'
import { checkSides, RatesQuerystring, readRatesQuery, unknownLocation, unknownLocations, type RatesQuery } from '../rates/rates-query.ts'

const Rates = Type.Object({
  rates: Type.Array(Type.Object({
    day: Type.String({ format: 'date' }),
    count: Type.Unsafe({ type: ['integer', 'null'], description: 'number of prices on that day, duplicates included; null if there are none' }),
    price: Type.Unsafe({ type: ['number', 'null'], description: 'mean price in USD; null if there are fewer than three prices' }),
  }, { additionalProperties: false }), { description: 'one for each day of the range, both ends included, the newest first' }),
}, { additionalProperties: false })

const example: Rate[] = [{ day: '2021-01-31', count: 3, price: 1154.3333333333333 }, { day: '2021-01-30', count: 2, price: null }]
const exampleErrors = [
  { parameter: 'date_from', code: 'not_a_day', message: 'is not in the calendar', value: '2021-02-30' },
  { parameter: 'orig_code', code: 'missing', message: 'is missing' },
] as const
const exampleEarliest = '2021-02-01T12:00:00.000000Z'
const exampleTooEarly = {
  parameter: 'as_of', code: 'out_of_range', message: `is before ${exampleEarliest}, the earliest moment that can be told`,
} as const

/** `GET /rates` */
export function registerRates (app: FastifyInstance, { hosts, metrics, access, maxDays, asOf }: RatesApi): void {
  app.get('/rates', {
    onRequest: access.onRequest,
    validatorCompiler: () => () => true, // readRatesQuery reports more than a schema can
    schema: {
      operationId: 'getRates',
      summary: 'The average price of a lane, day by day',
      description: `A region means every port in it and in the regions under it, at any depth. The range has at most ${maxDays} days. ` +
        'With as_of the rates are as they were known at a moment: later batches, withdrawals and changes of regions do not count.',
      tags: ['rates'],
      security: access.security,
      querystring: RatesQuerystring,
      response: {
        200: {
          description: 'The rate of each day',
          headers: documentedAge,
          content: {
            'application/json': { schema: Rates, examples: { rates: { value: { rates: example } } } },
            'text/csv': { schema: Type.String(), examples: { rates: { value: toCsv(example) } } },
          },
        },
        ...documentedProblems(...access.problems, ...databaseProblems,
          invalidParameters([...exampleErrors, exampleTooEarly], { earliest: exampleEarliest }), unknownLocations([unknownLocation('orig_code', 'CNGGG')]),
          new Problem('not-acceptable', 'The resource is available as application/json or text/csv')),
      },
    },
  }, async (request, reply) => {
    const type = negotiate(request, reply, ['application/json', 'text/csv'])
    const query = readRatesQuery(request.query as Record<string, unknown>, maxDays)
    const { value: body, ageMs } = await hosts.run(request.url, host => respond(query, type, request.url, host))
    // Caches between this server and the client cannot query the snapshot, so they must not store the response.
    return reply.headers({ 'cache-control': 'no-store', ...age(query.as_of === null ? ageMs : null) }).type(`${type}; charset=utf-8`).send(body)
  })

  async function respond (query: RatesQuery, type: string, url: string, host: Host): Promise<string> {
    if (query.as_of !== null) return encode(query, type, await totalsAsOf(host, query, query.as_of, asOf))
    const { cache, queryWithSnapshot } = host
    const { body: cached, store } = await cache.find(`${type} ${url}`)
    metrics.count('freight_response_cache_total', { result: cached === undefined ? 'miss' : 'hit' })
    if (cached !== undefined) return cached
    const totals = await queryWithSnapshot((sql, withSnapshot) => averagePrices(sql, query, withSnapshot))
    const body = encode(query, type, totals)
    store(totals.snapshot, body)
    return body
  }

  function encode (query: RatesQuery, type: string, totals: LaneTotals): string {
    checkSides(query, totals)
    const rates = dailyRates(query, totals.months)
    return type === 'text/csv' ? toCsv(rates) : JSON.stringify({ rates })
  }
}
