import { setTimeout as wait } from 'node:timers/promises'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { bucket } from '../../../dev/emulator/resources.ts'
import { openStore } from '../../../lib/batch/store/store.ts'
import { withPrices } from '../../../lib/batch/store/manifest.ts'
import { bodyOf, idOf, type Plan } from './batches.ts'
import type { History } from './history.ts'
import { keyOf, type System } from './system.ts'
import { isResponse, withdrawUntilResponse } from './withdraw.ts'

export type Clients = {
  /** Resolves when every provider has a 202 for every batch, or when `over` returns true. */
  send: (over: () => boolean) => Promise<void>
  /** Releases this many more batches to be sent, in the order of their numbers. */
  more: (batches: number) => void
  /** Returns the batches that got a 202, in the order of the first 202. */
  accepted: () => Array<{ batch: number, id: string, provider: string }>
}

/** Opens the providers: each sends its batches in sequence, and repeats each batch under the same key until it is accepted. */
export function openClients (system: System, plans: readonly Plan[], history: History): Clients {
  const accepted = new Map<number, { batch: number, id: string, provider: string }>()
  const store = openStore(system.s3, bucket)
  let released = 0

  function replacesOf ({ replaces }: Plan): string {
    if (replaces === null) return ''
    return `?replaces=${replaces === 'previous' ? replaces : replaces.map(batch => idOf(plans[batch]!)).join()}`
  }

  async function submit (plan: Plan, clash: boolean): Promise<number> {
    const { content, headers } = bodyOf(plan, clash)
    const at = history.now()
    const response = await fetch(`${system.ingestionApi.url}/batches${replacesOf(plan)}`, {
      method: 'POST', body: content, signal: AbortSignal.timeout(10_000),
      headers: { ...headers, authorization: `Bearer ${keyOf(plan.provider)}` },
    }).then(async response => ({ ...await response.json() as object, status: response.status })).catch(() => ({ status: 0 }))
    const { status, id, state }: { status: number, id?: string, state?: string } = response
    history.add({
      type: 'submit', batch: plan.batch, at, until: history.now(), status,
      ...(clash ? { clash } : {}), ...(id ? { id } : {}), ...(state ? { state } : {}),
    })
    const isFirst = status === 202 && !clash && !accepted.has(plan.batch)
    if (isFirst) accepted.set(plan.batch, { batch: plan.batch, id: idOf(plan), provider: plan.provider })
    return status
  }

  async function untilResponse (plan: Plan, clash: boolean, over: () => boolean): Promise<void> {
    for (;;) {
      const status = await submit(plan, clash)
      if (over() || isResponse(status)) return
      await wait(200 + Math.random() * 400)
    }
  }

  /** Changes the object in the store, so that it differs from the accepted content. */
  async function change (plan: Plan): Promise<void> {
    const at = history.now()
    const done = await (async () => {
      const manifest = withPrices((await store.readManifest(idOf(plan)))!)
      await system.s3.send(new PutObjectCommand({ Bucket: bucket, Key: manifest.payload.key, Body: bodyOf(plan, true).content }))
    })().then(() => 'changed', (error: unknown) => `not changed: ${String(error)}`)
    history.add({ type: 'fault', name: 'object changed', at, until: history.now(), detail: done, batches: [plan.batch] })
  }

  async function provide (mine: Plan[], over: () => boolean): Promise<void> {
    for (const plan of mine) {
      while (plan.batch >= released && !over()) await wait(20)
      if (over()) return
      await wait(plan.pauseMs)
      await untilResponse(plan, false, over)
      if (plan.withdrawnAtOnce) await withdrawUntilResponse(system, history, plan, over)
      if (plan.kind === 'corrupt') await change(plan)
      for (const { batch, clash } of plan.again) await untilResponse(plans[batch]!, clash, over)
    }
  }

  return {
    more: batches => { released += batches },
    accepted: () => [...accepted.values()],
    async send (over) {
      const providers = [...new Set(plans.map(({ provider }) => provider))]
      await Promise.all(providers.map(provider => provide(plans.filter(plan => plan.provider === provider), over)))
    },
  }
}
