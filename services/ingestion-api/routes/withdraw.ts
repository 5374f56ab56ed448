import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Manifest, State } from '../../../lib/batch/batch.ts'
import { requestWithdrawal } from '../../../lib/batch/request-withdrawal.ts'
import { withdrawalId } from '../../../lib/batch/withdrawal.ts'
import { accessProblems, callerOf } from '../../../lib/api-keys/require-key.ts'
import { documentedProblems } from '../../../lib/http/documented-problems.ts'
import { Problem } from '../../../lib/http/problem.ts'
import type { IngestionApi } from '../context.ts'
import { ownManifest, readBatchView } from '../lookup.ts'
import { actionOptions, actionSchema, onBehalfOf, type Action } from '../on-behalf.ts'
import { BatchView, viewOfManifest } from '../view.ts'
import { preferenceApplied, preferHeader } from '../waiting/wait-for-end.ts'

/** States in which a batch has ended without being applied. */
const ended: State[] = ['rejected', 'validated', 'discarded']

/** `DELETE /batches/<id>`: withdraws a batch. */
export function registerWithdraw (app: FastifyInstance, api: IngestionApi): void {
  const { store, sql, log } = api
  app.delete<Action>('/batches/:id', {
    schema: {
      summary: 'Withdraw a batch: its prices no longer count',
      description: 'A batch that is not applied yet never is. The withdrawal is final. A repeated request changes nothing, and the first reason stays.',
      ...actionSchema,
      headers: Type.Object({ prefer: preferHeader }),
      response: {
        200: { description: 'The batch is withdrawn', headers: { 'preference-applied': preferenceApplied }, content: { 'application/json': { schema: BatchView } } },
        202: {
          description: 'The withdrawal is accepted. Until it is done, the state is withdrawing and the prices count',
          headers: { location: { type: 'string', description: 'URL of the batch' }, 'preference-applied': preferenceApplied },
          content: { 'application/json': { schema: BatchView } },
        },
        ...documentedProblems(...accessProblems('submit'), 'invalid-parameters', 'not-found', 'unknown-batch', 'not-withdrawable', 'too-many-requests',
          'store-unavailable', 'queue-unavailable'),
      },
    },
    ...actionOptions(api),
  }, async (request, reply) => {
    const { id } = request.params
    const manifest = await ownManifest(store, onBehalfOf(request), id)
    let isRecorded = true
    const readView = async (): Promise<BatchView> => {
      const view = await readBatchView(sql, log, manifest)
      return isRecorded || showsWithdrawal(view) ? view : viewOfManifest(manifest, 'accepted')
    }
    const before = await readView()
    if (before.state !== 'withdrawn') {
      checkWithdrawable(manifest, before.state as State)
      const actor = { name: callerOf(request).provider, reason: request.query.why ?? null }
      isRecorded = (await requestWithdrawal({ store, queue: api.queue, sql, log }, manifest, actor, request.id)).isRecorded
      request.log.info({ batchId: id, actor: actor.name }, 'withdrawal accepted')
    }
    const current = before.state === 'withdrawn' ? before : await readView()
    const view = await api.waitForEnd(request, reply, current, readView, withdrawalId(manifest))
    return reply.code(view.state === 'withdrawn' ? 200 : 202)
      .headers({ location: `/batches/${id}`, 'cache-control': 'no-store' }).send(view)
  })
}

/** Returns false for a state of before the withdrawal, which may have no row yet. */
const showsWithdrawal = ({ state }: BatchView): boolean => state === 'withdrawing' || state === 'withdrawn' || ended.includes(state as State)

function checkWithdrawable ({ id, mode }: Manifest, state: State): void {
  if (mode === 'dry_run') throw new Problem('not-withdrawable', `Batch ${id} is a dry run: none of its prices count`, { members: { id, state } })
  if (ended.includes(state)) {
    throw new Problem('not-withdrawable', `Batch ${id} is ${state}: none of its prices count, and none ever will`, { members: { id, state } })
  }
}
