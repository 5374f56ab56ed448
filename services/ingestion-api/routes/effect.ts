import type { FastifyInstance } from 'fastify'
import { Type, type Static } from 'typebox'
import { accessProblems, providerOf, requireKey } from '../../../lib/api-keys/require-key.ts'
import { readApplied, type AppliedBatch } from '../../../lib/batch/applied.ts'
import type { EffectPage } from '../../../lib/batch/store/effects.ts'
import { documentedProblems } from '../../../lib/http/documented-problems.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { effectAt, effectOfWithdrawal, HistoryRemoved } from '../../../lib/ledger/effect/effect.ts'
import type { EffectRows } from '../../../lib/ledger/effect/effect-rows.ts'
import { retryRead } from '../../../lib/postgres/retry-read.ts'
import { runOneAtATime } from '../computations.ts'
import type { IngestionApi } from '../context.ts'
import { ownManifest } from '../lookup.ts'

const EffectQuery = Type.Object({
  of: Type.Optional(Type.Enum(['withdrawal'], { description: 'what taking the batch back would change now' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })),
  cursor: Type.Optional(Type.String({ pattern: '^[0-9]{1,12}$', description: 'next_cursor of the previous page' })),
}, { additionalProperties: false })

const Mean = Type.Union([Type.Number(), Type.Null()], { description: 'in USD; null for fewer than three prices' })
const LaneDay = Type.Object({
  orig_code: Type.String(), dest_code: Type.String(), day: Type.String(),
  count_before: Type.Integer(), mean_before: Mean, count_after: Type.Integer(), mean_after: Mean,
})

/** Longest wait of a request for an effect that is not stored yet, in ms. */
const waitMs = 10_000

/** `GET /batches/<id>/effect`: the lane-days that a batch has changed, or would change. */
export function registerEffect (app: FastifyInstance, { store, sql, keys, limitReads, runInBackground }: IngestionApi): void {
  const compute = runOneAtATime(waitMs, runInBackground)

  app.get<{ Params: { id: string }, Querystring: Static<typeof EffectQuery> }>('/batches/:id/effect', {
    schema: {
      summary: 'The lane-days that a batch has changed',
      description: 'Number and mean of the prices before and after the commit of the batch, whatever was applied since. Of a dry run and a held batch: as of its check. ' +
        'Ordered by the absolute difference of the means, the largest first; lane-days without one of the means come last. Equal differences are ordered by lane and day.',
      tags: ['batches'],
      security: [{ key: [] }],
      params: Type.Object({ id: Type.String({ maxLength: 256 }) }),
      querystring: EffectQuery,
      response: {
        200: Type.Object({ lane_days: Type.Array(LaneDay), next_cursor: Type.Union([Type.String(), Type.Null()]) }),
        ...documentedProblems(...accessProblems('read'), 'invalid-parameters', 'not-found', 'unknown-batch', 'no-effect', 'prices-removed', 'too-many-requests',
          'store-unavailable', 'database-unavailable', 'effect-pending'),
      },
    },
    onRequest: [requireKey(keys, 'read'), limitReads],
    serializerCompiler: () => page => page as string,
  }, async (request, reply) => {
    const { of, limit = 100, cursor = '0' } = request.query
    const { id } = await ownManifest(store, providerOf(request), request.params.id)
    const batch = await retryRead(() => readApplied(sql, id))
    const isOfWithdrawal = of === 'withdrawal'
    if (batch?.isPurged || (isOfWithdrawal && batch?.areRemoved)) throw removed(id)
    const read = isOfWithdrawal ? withdrawalPage : batch && batch.position !== null ? appliedPage : checkedPage
    const page = await read(id, batch, Number(cursor), limit)
    if (!page) throw new Problem('invalid-parameters', 'cursor is not that of a page', { members: { errors: [cursorError(cursor)] } })
    return reply.type('application/json; charset=utf-8').header('cache-control', 'no-store')
      .send(`{"lane_days":[${page.lines.join()}],"next_cursor":${page.next === null ? 'null' : `"${page.next}"`}}`)
  })

  async function appliedPage (id: string, batch: AppliedBatch | null, offset: number, limit: number): Promise<EffectPage | undefined> {
    const stored = await readStored(id, 'applied', offset, limit)
    if (stored !== null) return stored
    if (batch!.areRemoved) throw removed(id)
    await compute(id, async () => {
      const rows = await effectOf(id, batch!.position!)
      await store.putEffect(id, 'applied', rows.lines()).catch(cause => { throw unavailable(cause) })
    })
    return await readStored(id, 'applied', offset, limit) ?? undefined
  }

  async function effectOf (id: string, position: number): Promise<EffectRows> {
    try {
      return await effectAt(sql, position)
    } catch (error) {
      throw error instanceof HistoryRemoved ? removed(id) : error
    }
  }

  async function checkedPage (id: string, batch: AppliedBatch | null, offset: number, limit: number): Promise<EffectPage | undefined> {
    const state = batch?.state ?? 'queued'
    const isChecked = ['validated', 'held', 'withdrawn', 'dead_lettered', 'discarded'].includes(state)
    const stored = isChecked ? await readStored(id, 'checked', offset, limit) : null
    if (stored === null) throw new Problem('no-effect', `The batch is ${state}, and no effect of it is stored`, { members: { id, state } })
    return stored
  }

  async function withdrawalPage (id: string, batch: AppliedBatch | null, offset: number, limit: number): Promise<EffectPage | undefined> {
    if (!batch || batch.position === null) {
      const state = batch?.state ?? 'queued'
      throw new Problem('no-effect', `The batch is ${state} and was never applied: a withdrawal changes no prices`, { members: { id, state } })
    }
    const rows = await compute(`withdrawal ${id}`, () => effectOfWithdrawal(sql, batch.number))
    const lines = await rows.page(offset, limit)
    const next = offset + lines.length
    return { lines, next: next < rows.length ? next : null }
  }

  async function readStored (...page: Parameters<typeof store.readEffect>): ReturnType<typeof store.readEffect> {
    return await store.readEffect(...page).catch(cause => { throw unavailable(cause) })
  }
}

const removed = (id: string): Problem =>
  new Problem('prices-removed', `Prices that tell what batch ${id} has changed were removed for ever`, { members: { id } })
const unavailable = (cause: unknown): Problem => new Problem('store-unavailable', 'The effect cannot be read now; try again', { cause })
const cursorError = (value: string) => ({ parameter: 'cursor', code: 'malformed', message: 'must be next_cursor of the previous page', value })
