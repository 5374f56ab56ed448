import type { FastifyInstance } from 'fastify'
import { release } from '../../../lib/batch/release.ts'
import { accessProblems, callerOf } from '../../../lib/api-keys/require-key.ts'
import { documentedProblems } from '../../../lib/http/documented-problems.ts'
import { Problem } from '../../../lib/http/problem.ts'
import type { IngestionApi } from '../context.ts'
import { ownManifest, readBatchView } from '../lookup.ts'
import { actionOptions, actionSchema, onBehalfOf, type Action } from '../on-behalf.ts'
import { BatchView } from '../view.ts'

/** `POST /batches/<id>/release`: queues a held batch again, and the guard against outliers lets it pass. */
export function registerRelease (app: FastifyInstance, api: IngestionApi): void {
  const { store, sql, log, queue } = api
  app.post<Action>('/batches/:id/release', {
    schema: {
      summary: 'Release a held batch: it is applied although its prices look wrong',
      description: 'The batch is queued again, last in your order of batches. A repeated request changes nothing.',
      ...actionSchema,
      response: {
        202: { description: 'The batch is queued', content: { 'application/json': { schema: BatchView } } },
        ...documentedProblems(...accessProblems('submit'), 'invalid-parameters', 'not-found', 'unknown-batch', 'not-held', 'too-many-requests',
          'store-unavailable', 'queue-unavailable', 'database-unavailable'),
      },
    },
    ...actionOptions(api),
  }, async (request, reply) => {
    const { id } = request.params
    const manifest = await ownManifest(store, onBehalfOf(request), id)
    const actor = { name: callerOf(request).provider, reason: request.query.why ?? null }
    const result = await release({ sql, store, queue }, id, actor)
    if (!result) throw new Problem('not-held', `Batch ${id} has not been processed yet`)
    request.log.info({ batchId: id, actor: actor.name, ...result }, 'held batch released')
    return reply.code(202).headers({ location: `/batches/${id}`, 'cache-control': 'no-store' }).send(await readBatchView(sql, log, manifest))
  })
}
