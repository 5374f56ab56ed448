import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { age, documentedAge } from '../cache/age.ts'
import type { RatesApi } from '../context.ts'
import { documentedProblems } from '../../../lib/http/documented-problems.ts'
import { databaseProblems } from '../database/connections.ts'
import { findLocations, type Location } from '../rates/find-locations.ts'
import { errorAt, invalidParameters, readParameters, Refusal, type Parameters } from '../rates/parameters.ts'

type LocationsQuery = { q: string, limit: number }
const limits = { maxTextChars: 100, min: 1, max: 100, defaultCount: 20 }

const parameters: Parameters<LocationsQuery> = {
  q: {
    absent: '',
    mayBeEmpty: true,
    read (text) {
      if (text.length > limits.maxTextChars) return new Refusal('too_long', `has more than ${limits.maxTextChars} characters`)
      return /\p{Cc}/u.test(text) ? new Refusal('malformed', 'has control characters') : text.trim()
    },
  },
  limit: {
    absent: limits.defaultCount,
    read (text) {
      if (!/^\d{1,9}$/.test(text)) return new Refusal('malformed', 'must be a whole number')
      const limit = Number(text)
      return limit >= limits.min && limit <= limits.max ? limit : new Refusal('out_of_range', `must be from ${limits.min} to ${limits.max}`)
    },
  },
}

const Querystring = Type.Object({
  q: Type.Optional(Type.String({ description: 'start of a code or alias, or part of a name; case and accents do not matter', maxLength: limits.maxTextChars, examples: ['tallinn'] })),
  limit: Type.Optional(Type.Integer({ minimum: limits.min, maximum: limits.max, default: limits.defaultCount })),
}, { additionalProperties: false })

const Locations = Type.Object({
  locations: Type.Array(Type.Object({
    code: Type.String({ description: 'of a port: its own code; of a region: its slug' }),
    name: Type.String(),
    kind: Type.Enum(['port', 'region']),
    region: Type.Unsafe({ type: ['string', 'null'], description: 'slug of the region that it is in' }),
    aliases: Type.Array(Type.String(), { description: 'other codes of the port, which rows and queries accept too; empty for a region' }),
    retired: Type.Optional(Type.Literal(true, { description: 'rows of new batches with this code are refused; old prices stay' })),
  }, { additionalProperties: false })),
}, { additionalProperties: false })

const example: Location[] = [{ code: 'EETLL', name: 'Tallinn', kind: 'port', region: 'baltic_main', aliases: [] }]

/** `GET /locations` */
export function registerLocations (app: FastifyInstance, { hosts, access }: RatesApi): void {
  app.get<{ Querystring: Record<string, unknown> }>('/locations', {
    onRequest: access.onRequest,
    validatorCompiler: () => () => true,
    schema: {
      operationId: 'findLocations',
      summary: 'Ports and regions, by code or name',
      tags: ['rates'],
      security: access.security,
      querystring: Querystring,
      response: {
        200: { description: 'The best matches first', headers: documentedAge, content: { 'application/json': { schema: Locations, examples: { tallinn: { value: { locations: example } } } } } },
        ...documentedProblems(...access.problems, ...databaseProblems,
          invalidParameters([errorAt('limit', 'out_of_range', 'must be from 1 to 100', '1000')])),
      },
    },
  }, async (request, reply) => {
    const { values, errors } = readParameters(request.query, parameters)
    if (errors.length > 0) throw invalidParameters(errors)
    const { value: locations, ageMs } = await hosts.run(request.url, ({ query }) => query(sql => findLocations(sql, values as LocationsQuery)))
    return reply.headers({ 'cache-control': 'no-store', ...age(ageMs) }).send({ locations })
  })
}
