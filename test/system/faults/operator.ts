import { setTimeout as wait } from 'node:timers/promises'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { bucket } from '../../../dev/emulator/resources.ts'
import { openStore } from '../../../lib/batch/store/store.ts'
import { withPrices } from '../../../lib/batch/store/manifest.ts'
import { bodyOf, corruptProvider, idOf, type Plan } from './batches.ts'
import type { History } from './history.ts'
import { operatorKey, type System } from './system.ts'
import { withdraw } from './withdraw.ts'

type CallResult = { status: number, body?: { dead_letters?: Array<{ id: string, provider: string, mode: string }>, changed?: boolean } | undefined }

/**
 * Handles dead letters as an operator does: one is discarded, the next is fixed and redriven, twice at once as by two operators, and the next is
 * withdrawn. A withdrawal of such a batch is redriven. A batch that should not be a dead letter is left for the checker.
 */
export function startOperator (system: System, plans: readonly Plan[], history: History): () => Promise<void> {
  const stopping = new AbortController()
  const store = openStore(system.s3, bucket)
  const batchOf = new Map(plans.map(plan => [idOf(plan), plan]))

  async function workThroughList (): Promise<void> {
    const response = await call('GET', '/dead-letters')
    for (const { id, provider, mode } of response.body?.dead_letters ?? []) {
      if (mode === 'withdraw' && provider === corruptProvider) await call('POST', `/dead-letters/${id}/redrive`)
      const plan = batchOf.get(id)
      if (plan?.kind !== 'corrupt') continue
      const action = (['discard', 'redrive', 'withdraw'] as const)[Math.floor(plan.batch / 40) % 3]!
      if (action === 'discard') {
        await act(plan, action)
      } else if (action === 'withdraw') {
        await withdraw(system, history, plan, 'operator')
      } else {
        const manifest = withPrices((await store.readManifest(id))!)
        await system.s3.send(new PutObjectCommand({ Bucket: bucket, Key: manifest.payload.key, Body: bodyOf(plan).content }))
        await Promise.all([act(plan, 'redrive'), act(plan, 'redrive')])
      }
    }
  }

  async function act (plan: Plan, action: 'redrive' | 'discard'): Promise<void> {
    const at = history.now()
    const path = `/dead-letters/${idOf(plan)}`
    const { status, body } = action === 'redrive' ? await call('POST', `${path}/redrive`) : await call('DELETE', path)
    const changed = status === 200 ? { changed: body?.changed ?? false } : {}
    history.add({ type: 'operator', batch: plan.batch, action, at, until: history.now(), status, ...changed })
  }

  async function call (method: string, path: string): Promise<CallResult> {
    return await fetch(system.ingestionApi.url + path, {
      method, headers: { authorization: `Bearer ${operatorKey}` }, signal: AbortSignal.timeout(10_000),
    }).then(async response => ({ status: response.status, body: await response.json() as CallResult['body'] })).catch(() => ({ status: 0 }))
  }

  const working = (async () => {
    while (!stopping.signal.aborted) {
      await workThroughList().catch(() => {})
      await wait(1_000, undefined, { signal: stopping.signal }).catch(() => {})
    }
  })()
  return async () => {
    stopping.abort()
    await working
  }
}
