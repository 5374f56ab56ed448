import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { callIngestionApi, type ApiResponse, type Target } from './target.ts'

/** USD in cents, so that sums are exact. */
export type Price = { orig: string, dest: string, day: string, cents: number }

export const header = 'orig_code,dest_code,day,price'
export const usd = (cents: number): string => (cents / 100).toFixed(2)
export const row = ({ orig, dest, day, cents }: Price): string => `${orig},${dest},${day},${usd(cents)}`
export const csv = (prices: Price[]): string => [header, ...prices.map(row), ''].join('\n')

export type Sending = { type?: string, key?: string, gzip?: boolean, dryRun?: boolean }

/** Sends `POST /batches` and resolves with the response, whatever its status. After a 429 it waits as long as Retry-After says, and sends again. */
export async function post (target: Target, body: string | Uint8Array, { type = 'text/csv', key, gzip = false, dryRun = false }: Sending = {}): Promise<ApiResponse> {
  for (let tries = 1; ; tries++) {
    const response = await callIngestionApi(target, `/batches${dryRun ? '?dry_run=true' : ''}`, {
      method: 'POST',
      body,
      headers: { 'content-type': type, ...(gzip ? { 'content-encoding': 'gzip' } : {}), ...(key ? { 'idempotency-key': key } : {}) },
    })
    if (response.status !== 429 || tries === 20) return response
    await wait(Number(response.headers.get('retry-after') ?? 1) * 1_000)
  }
}

/** Sends a batch that must be accepted, and waits for its final state. Resolves with that state. */
export async function send (target: Target, body: string | Uint8Array, sending: Sending = {}): Promise<ApiResponse['json']> {
  const accepted = await post(target, body, sending)
  assert.equal(accepted.status, 202, accepted.text)
  assert.equal(accepted.headers.get('location'), `/batches/${accepted.json.id}`)
  return await untilFinal(target, accepted.json.id)
}

/** Waits until a batch is final. Throws if that takes longer than the target's limit. */
export async function untilFinal (target: Target, id: string): Promise<ApiResponse['json']> {
  const until = performance.now() + target.seconds * 1_000
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 1.3, 1_000)) {
    const { status, json, text } = await callIngestionApi(target, `/batches/${id}`)
    // A process that restarts, or an unavailable database, is not the end of the wait.
    if (status < 500) assert.equal(status, 200, text)
    if (status === 200 && !['accepted', 'queued', 'processing'].includes(json.state)) return json
    assert.ok(performance.now() < until, `batch ${id} is not final within ${target.seconds} s; it is ${json?.state ?? status}`)
    await wait(pauseMs)
  }
}
