import { setTimeout as wait } from 'node:timers/promises'
import { idOf, type Plan } from './batches.ts'
import type { History } from './history.ts'
import { keyOf, operatorKey, type System } from './system.ts'

/** Sends one request to withdraw a batch, as its provider or as an operator, and resolves with the status; 0 is no response. */
export async function withdraw ({ ingestionApi }: System, history: History, plan: Plan, by: 'provider' | 'operator' = 'provider'): Promise<number> {
  const { batch, provider } = plan
  const [key, query] = by === 'provider' ? [keyOf(provider), '?why=test'] : [operatorKey, `?provider=${provider}&why=test`]
  const at = history.now()
  const { status, state }: { status: number, state?: string } = await fetch(`${ingestionApi.url}/batches/${idOf(plan)}${query}`, {
    method: 'DELETE', headers: { authorization: `Bearer ${key}` }, signal: AbortSignal.timeout(10_000),
  }).then(async response => ({ ...await response.json() as object, status: response.status })).catch(() => ({ status: 0 }))
  const until = history.now()
  history.add({ type: 'withdraw', batch, at, until, status })
  if (state !== undefined) history.add({ type: 'poll', batch, at, until, state })
  return status
}

/** Repeats the request until it is answered, or `over` returns true. Resolves with the last status. */
export async function withdrawUntilResponse (system: System, history: History, plan: Plan, over: () => boolean): Promise<number> {
  for (;;) {
    const status = await withdraw(system, history, plan)
    if (isResponse(status) || over()) return status
    await wait(200 + Math.random() * 400)
  }
}

/** Returns whether a client does not repeat its request. */
export const isResponse = (status: number): boolean => status >= 200 && status < 500 && status !== 408 && status !== 429
