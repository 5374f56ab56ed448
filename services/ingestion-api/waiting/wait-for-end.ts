import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { isInProgress } from '../../../lib/batch/batch.ts'
import type { BatchView } from '../view.ts'
import { preferredWaitSeconds } from './prefer.ts'
import type { Waiters } from './waiters.ts'

/**
 * Waits for the end of a batch if the request has `Prefer: wait`, and returns the view afterwards. Without a wait it returns `view`.
 * `id` is the batch that is awaited, if `view` is not of that batch.
 */
export type WaitForEnd = (
  request: FastifyRequest, reply: FastifyReply, view: BatchView, readView: () => Promise<BatchView>, id?: string
) => Promise<BatchView>

/**
 * Returns the function that waits. A wait ends `maxSeconds` after the arrival of the request's header, because gateways limit the time of a
 * request. A body that arrives slowly uses this time up. `Preference-Applied` names the seconds that are granted. It is absent
 * if the wait was refused or cut short.
 */
export function openWaitForEnd (waiters: Waiters, maxSeconds: number): WaitForEnd {
  return async (request, reply, view, readView, id = view.id) => {
    const limitMs = Math.min(preferredWaitSeconds(request.headers.prefer) * 1_000, maxSeconds * 1_000 - reply.elapsedTime)
    if (limitMs <= 0) return view
    const hasEnded = !isInProgress(view.state)
    const from = performance.now()
    const outcome = hasEnded ? 'complete' : await waiters.untilEnded(id, limitMs, reply.raw)
    waits.set(request, performance.now() - from)
    const after = hasEnded || outcome === 'refused' ? view : await readView()
    // A withdrawal may be dead-lettered, which ends the wait, while its target is still being withdrawn. Then the client polls.
    const isOver = !isInProgress(after.state) || performance.now() - from >= limitMs
    if (outcome === 'complete' && isOver) reply.header('preference-applied', `wait=${Math.ceil(limitMs / 1_000)}`)
    return after
  }
}

const waits = new WeakMap<FastifyRequest, number>()

/** Returns how long the request has waited for the end of a batch, in ms. */
export const waitedMs = (request: FastifyRequest): number => waits.get(request) ?? 0

/** Documents the header of a request. */
export const preferHeader = Type.Optional(Type.String({
  description: 'RFC 7240: wait=N: the response comes when the batch is no longer queued or processing, after N seconds (at most 20 from the request) at the latest. Other preferences are ignored',
}))

/** Documents the header of a response. */
export const preferenceApplied = { type: 'string', description: 'wait=N: the seconds that the wait could take; absent if the request did not wait, or not to the end' }
