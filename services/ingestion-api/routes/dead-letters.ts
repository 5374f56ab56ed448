import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { actOn, listAuditEntries, listDeadLetters, type Action } from '../../../lib/batch/dead-letters.ts'
import { expiryOf } from '../../../lib/batch/store/payload-expiry.ts'
import { withDeadline } from '../../../lib/process/deadline.ts'
import { accessProblems, providerOf, requireKey } from '../../../lib/api-keys/require-key.ts'
import { documentedProblems } from '../../../lib/http/documented-problems.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { retryRead } from '../../../lib/postgres/retry-read.ts'
import type { IngestionApi } from '../context.ts'

const Nullable = (type: ReturnType<typeof Type.String>) => Type.Union([type, Type.Null()])
const DeadLetter = Type.Object({
  id: Type.String(),
  provider: Type.String(),
  mode: Type.String(),
  accepted_at: Type.String(),
  dead_lettered_at: Type.String(),
  reason: Nullable(Type.String({ description: 'the last failure' })),
  attempts: Type.Integer(),
  payload_expires_at: Nullable(Type.String({ description: 'when the payload is deleted: redrive the batch before; null: never' })),
})
const AuditEntry = Type.Object({ action: Type.String(), actor: Type.String(), reason: Nullable(Type.String()), acted_at: Type.String() })
const ListQuery = Type.Object({
  provider: Type.Optional(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', description: 'next_cursor of the previous page' })),
}, { additionalProperties: false })
const Id = Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{64}$' }) })
const ActionReason = Type.Object({ reason: Type.Optional(Type.String({ maxLength: 500, description: 'why, for the audit' })) }, { additionalProperties: false })
const ActionResponse = Type.Object({
  id: Type.String(),
  state: Type.String({ description: 'current state of the batch' }),
  changed: Type.Boolean({ description: 'false: this request had no effect. The batch was not a dead letter, or a stored decision gave it its state before' }),
  actions: Type.Array(AuditEntry, { description: 'all actions on the batch, oldest first' }),
})

/** `GET /dead-letters`, `POST /dead-letters/<id>/redrive`, `DELETE /dead-letters/<id>`: for operators. */
export function registerDeadLetters (app: FastifyInstance, { sql, store, queue, keys, limitReads, payloadKeepDays }: IngestionApi): void {
  const common = { tags: ['dead letters'], security: [{ key: [] }] }
  const onRequest = requireKey(keys, 'admin')

  app.get<{ Querystring: Static<typeof ListQuery> }>('/dead-letters', {
    schema: {
      ...common,
      summary: 'Dead-lettered batches, newest first',
      querystring: ListQuery,
      response: {
        200: Type.Object({ dead_letters: Type.Array(DeadLetter), next_cursor: Nullable(Type.String()) }),
        ...documentedProblems(...accessProblems('admin'), 'invalid-parameters', 'too-many-requests', 'database-unavailable'),
      },
    },
    onRequest: [onRequest, limitReads],
  }, async (request, reply) => {
    const { provider, limit = 50, cursor } = request.query
    const found = await withDeadline(retryRead(() => listDeadLetters(sql, { provider, after: cursor, limit: limit + 1 })), 10_000)
    const page = found.slice(0, limit).map(({ payload_stored_at: storedAt, ...deadLetter }) =>
      ({ ...deadLetter, payload_expires_at: expiryOf(storedAt, payloadKeepDays) }))
    return reply.header('cache-control', 'no-store').send({ dead_letters: page, next_cursor: found.length > limit ? page.at(-1)!.id : null })
  })

  const response = { 200: ActionResponse, ...documentedProblems(...accessProblems('admin'), 'invalid-parameters', 'malformed-request', 'not-found',
    'unknown-batch', 'payload-gone', 'content-too-large', 'unsupported-media-type', 'database-unavailable', 'store-unavailable', 'queue-unavailable') }
  app.post<{ Params: { id: string }, Body?: { reason?: string } }>('/dead-letters/:id/redrive', {
    schema: { ...common, summary: 'Redrive a batch: queue it again, last in its provider\'s order', params: Id, body: Type.Union([ActionReason, Type.Null()]), response },
    onRequest,
  }, request => act(request, 'redrive', request.body?.reason))

  app.delete<{ Params: { id: string }, Querystring: { reason?: string } }>('/dead-letters/:id', {
    schema: { ...common, summary: 'Discard a batch: it is never applied', params: Id, querystring: ActionReason, response },
    onRequest,
  }, request => act(request, 'discard', request.query.reason))

  async function act (request: FastifyRequest<{ Params: { id: string } }>, action: Action, reason?: string): Promise<Static<typeof ActionResponse>> {
    const { id } = request.params
    const actor = providerOf(request)
    const result = await actOn(sql, { store, queue }, id, action, { name: actor, reason: reason ?? null })
    if (!result) throw new Problem('unknown-batch', `There is no batch ${id}`)
    request.log.info({ batchId: id, action, actor, ...result }, 'action on dead letter applied')
    return { id, ...result, actions: await listAuditEntries(sql, id) }
  }
}
