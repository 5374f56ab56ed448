import type { FastifyInstance } from 'fastify'
import { Type, type Static } from 'typebox'
import { states } from '../../../lib/batch/batch.ts'
import { listRecords, providerOfRecord } from '../../../lib/batch/records.ts'
import { withdrawalId } from '../../../lib/batch/withdrawal.ts'
import { withDeadline } from '../../../lib/process/deadline.ts'
import { accessProblems, providerOf, requireKey } from '../../../lib/api-keys/require-key.ts'
import { documentedProblems } from '../../../lib/http/documented-problems.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { retryRead } from '../../../lib/postgres/retry-read.ts'
import type { IngestionApi } from '../context.ts'
import { ListedBatch, listedBatch } from '../listed-batch.ts'
import { ownManifest, readBatchView } from '../lookup.ts'
import { BatchView, viewSerializer } from '../view.ts'
import { preferenceApplied, preferHeader } from '../waiting/wait-for-end.ts'

const Id = Type.Object({ id: Type.String({ maxLength: 256 }) })
const ListQuery = Type.Object({
  state: Type.Optional(Type.Enum(states)),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', description: 'next_cursor of the previous page' })),
}, { additionalProperties: false })

/** `GET /batches` and `GET /batches/<id>` */
export function registerBatches (app: FastifyInstance, { store, sql, log, keys, limitReads, waitForEnd }: IngestionApi): void {
  const security = [{ key: [] }]
  const onRequest = [requireKey(keys, 'read'), limitReads]

  app.get<{ Params: Static<typeof Id> }>('/batches/:id', {
    schema: {
      summary: 'State of a batch',
      tags: ['batches'],
      security,
      params: Id,
      headers: Type.Object({ prefer: preferHeader }),
      response: {
        200: { description: 'The state of the batch', headers: { 'preference-applied': preferenceApplied }, content: { 'application/json': { schema: BatchView } } },
        ...documentedProblems(...accessProblems('read'), 'not-found', 'unknown-batch', 'too-many-requests', 'store-unavailable'),
      },
    },
    onRequest,
    serializerCompiler: viewSerializer,
  }, async (request, reply) => {
    const provider = providerOf(request)
    const manifest = await ownManifest(store, provider, request.params.id)
    const readView = (): Promise<BatchView> => readBatchView(sql, log, manifest)
    const view = await readView()
    return reply.header('cache-control', 'no-store').send(await waitForEnd(request, reply, view, readView, view.state === 'withdrawing' ? withdrawalId(manifest) : manifest.id))
  })

  app.get<{ Querystring: Static<typeof ListQuery> }>('/batches', {
    schema: {
      summary: 'Your batches, newest first',
      tags: ['batches'],
      security,
      querystring: ListQuery,
      response: {
        200: Type.Object({ batches: Type.Array(ListedBatch), next_cursor: Type.Union([Type.String(), Type.Null()]) }),
        ...documentedProblems(...accessProblems('read'), 'invalid-parameters', 'too-many-requests', 'database-unavailable'),
      },
    },
    onRequest,
    serializerCompiler: viewSerializer,
  }, async (request, reply) => {
    const provider = providerOf(request)
    const { state, limit = 50, cursor } = request.query
    if (cursor !== undefined && await bounded(() => providerOfRecord(sql, cursor)) !== provider) throw foreignCursor()
    // One extra record shows whether there is another page.
    const records = await bounded(() => listRecords(sql, { provider, state, limit: limit + 1, after: cursor }))
    const page = records.slice(0, limit)
    return reply.header('cache-control', 'no-store').send({
      batches: page.map(listedBatch),
      next_cursor: records.length > limit ? page.at(-1)!.id : null,
    })
  })
}

/** Runs a query for a list. The manifest cannot replace it, so its time limit is longer than that of a single batch. */
const bounded = <T>(read: () => Promise<T>): Promise<T> => withDeadline(retryRead(read), 10_000)

const foreignCursor = (): Problem => new Problem('invalid-parameters', 'cursor is not the next_cursor of a page', {
  members: { errors: [{ parameter: 'cursor', code: 'unknown', message: 'use next_cursor of the previous page' }] },
})
