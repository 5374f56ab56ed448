import type { FastifyInstance } from 'fastify'
import { Type, type Static } from 'typebox'
import { states } from '../../batch/batch.ts'
import { listRecords } from '../../batch/records.ts'
import { authenticate } from '../../runtime/keys.ts'
import { withDeadline } from '../../runtime/deadline.ts'
import { Problem } from '../../runtime/problem.ts'
import type { IngestionApi } from '../app.ts'
import { ownManifest, viewNow } from '../lookup.ts'
import { BatchView, viewOfRecord } from '../view.ts'
import { problemResponses } from './responses.ts'

const Id = Type.Object({ id: Type.String({ maxLength: 256 }) })
const ListQuery = Type.Object({
  state: Type.Optional(Type.Union(states.map(state => Type.Literal(state)))),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  cursor: Type.Optional(Type.String({ maxLength: 300, description: 'next_cursor of the page before' })),
}, { additionalProperties: false })

/** `GET /batches` and `GET /batches/<id>` */
export function registerBatches (app: FastifyInstance, { store, sql, log, keys }: IngestionApi): void {
  const security = [{ key: [] }]

  app.get<{ Params: Static<typeof Id> }>('/batches/:id', {
    schema: { summary: 'How a batch is doing', tags: ['batches'], security, params: Id, response: { 200: BatchView, ...problemResponses(401, 403, 404, 503) } },
  }, async (request, reply) => {
    const { provider } = authenticate(request, keys(), 'read')
    const manifest = await ownManifest(store, provider, request.params.id)
    return reply.header('cache-control', 'no-store').send(await viewNow(sql, log, manifest))
  })

  app.get<{ Querystring: Static<typeof ListQuery> }>('/batches', {
    schema: {
      summary: 'Your batches, newest first',
      tags: ['batches'],
      security,
      querystring: ListQuery,
      response: {
        200: Type.Object({ batches: Type.Array(BatchView), next_cursor: Type.Union([Type.String(), Type.Null()]) }),
        ...problemResponses(400, 401, 403, 503),
      },
    },
  }, async (request, reply) => {
    const { provider } = authenticate(request, keys(), 'read')
    const { state, limit, cursor } = request.query
    const records = await withDeadline(listRecords(sql, { provider, state, limit: limit + 1, after: cursor === undefined ? undefined : readCursor(cursor) }), 10_000)
    const page = records.slice(0, limit)
    const last = page.at(-1)
    return reply.header('cache-control', 'no-store').send({
      batches: page.map(viewOfRecord),
      next_cursor: records.length > limit && last ? writeCursor(last.accepted_at, last.id) : null,
    })
  })
}

const writeCursor = (acceptedAt: string, id: string): string => Buffer.from(`${acceptedAt} ${id}`).toString('base64url')

function readCursor (cursor: string): { acceptedAt: string, id: string } {
  const [, acceptedAt, id] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) ([0-9a-f]{64})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (!acceptedAt || !id || Number.isNaN(Date.parse(acceptedAt))) {
    throw new Problem('invalid-parameters', 'cursor is not one that a page gave', {
      members: { errors: [{ parameter: 'cursor', code: 'malformed', message: 'take next_cursor of the page before' }] },
    })
  }
  return { acceptedAt, id }
}
