import { setTimeout as pause } from 'node:timers/promises'
import type { Failure } from './load.ts'
import { csv, pricesToSend } from './prices.ts'
import type { Sent } from './sent.ts'

/** The provider that corrects batches by the new release while the workers are old. */
export const corrector = 'corrector'

/**
 * Sends corrections to an ingestion API of the new release while only old workers run, as before a deployment or after a rollback. An old worker
 * hands them back. Resolves with a function that waits until new workers have finished them. Adds to `sent` and `failures`.
 */
export async function correctBesideOldWorkers (
  urls: { old: string, new: string }, key: string, handedBack: () => boolean, sent: Sent[], failures: Failure[]
): Promise<() => Promise<void>> {
  const prices = pricesToSend()
  const rows = 50

  async function request (url: string, method: 'GET' | 'POST' | 'DELETE', status: number, body?: string): Promise<{ id: string, state: string }> {
    const content = body === undefined ? {} : { 'content-type': 'text/csv' }
    const response = await fetch(url, { method, headers: { authorization: `Bearer ${key}`, ...content }, body: body ?? null })
    const text = await response.text()
    if (response.status !== status) throw new Error(`${method} ${url}: ${response.status} ${text.slice(0, 200)}`)
    return JSON.parse(text)
  }

  async function submit (url: string): Promise<Sent> {
    const { id } = await request(url, 'POST', 202, csv(Array.from({ length: rows }, () => prices.next().value)))
    const batch: Sent = { id, provider: corrector, rows, state: 'applied' }
    sent.push(batch)
    return batch
  }

  async function until (batch: Sent, state: string): Promise<void> {
    while ((await request(`${urls.new}/batches/${batch.id}`, 'GET', 200)).state !== state) await pause(100)
  }

  const [wrong, old] = [await submit(`${urls.old}/batches`), await submit(`${urls.old}/batches`)]
  for (const batch of [wrong, old]) await until(batch, 'applied')
  await request(`${urls.new}/batches/${wrong.id}`, 'DELETE', 202)
  const replacement = await submit(`${urls.new}/batches?replaces=${old.id}`)
  while (!handedBack()) await pause(100)
  const states = await Promise.all([wrong, old, replacement].map(async ({ id }) => (await request(`${urls.new}/batches/${id}`, 'GET', 200)).state))
  if (states.join() !== 'withdrawing,applied,queued') {
    failures.push({ at: new Date().toISOString(), kind: 'corrections beside old workers', text: `${states.join()}, not withdrawing,applied,queued` })
  }
  wrong.state = old.state = 'withdrawn'
  return async () => {
    for (const batch of [wrong, old, replacement]) await until(batch, batch.state)
  }
}
