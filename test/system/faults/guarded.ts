import { setTimeout as wait } from 'node:timers/promises'
import { idOf, type Plan } from './batches.ts'
import type { History } from './history.ts'
import { guardedProvider } from './plan-corrections.ts'
import { keyOf, type System } from './system.ts'
import { withdraw } from './withdraw.ts'

/** Handles held batches as their provider does: releases a batch, twice at once, withdraws it, or leaves it. The plan decides. */
export function startGuarded (system: System, plans: readonly Plan[], history: History): () => Promise<void> {
  const stopping = new AbortController()
  const planOf = new Map(plans.map(plan => [idOf(plan), plan]))
  const headers = { authorization: `Bearer ${keyOf(guardedProvider)}` }

  async function workThroughList (): Promise<void> {
    const response = await fetch(`${system.ingestionApi.url}/batches?state=held`, { headers, signal: AbortSignal.timeout(5_000) })
    const { batches } = await response.json() as { batches: Array<{ id: string }> }
    for (const { id } of batches) {
      const plan = planOf.get(id)!
      if (plan.whenHeld === 'withdraw') await withdraw(system, history, plan)
      else if (plan.whenHeld === 'release') await Promise.all([release(plan), release(plan)])
    }
  }

  async function release (plan: Plan): Promise<void> {
    const at = history.now()
    const { status } = await fetch(`${system.ingestionApi.url}/batches/${idOf(plan)}/release`, {
      method: 'POST', headers, signal: AbortSignal.timeout(10_000),
    }).catch(() => ({ status: 0 }))
    history.add({ type: 'release', batch: plan.batch, at, until: history.now(), status })
  }

  const working = (async () => {
    while (!stopping.signal.aborted) {
      await workThroughList().catch(() => {})
      await wait(500, undefined, { signal: stopping.signal }).catch(() => {})
    }
  })()
  return async () => {
    stopping.abort()
    await working
  }
}
