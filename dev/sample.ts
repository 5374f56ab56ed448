import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { isInProgress, type State } from '../lib/batch/batch.ts'
import { sampleCsv } from '../lib/sample/month.ts'
import { Failure } from './failure.ts'
import type { Run } from './run.ts'

const limitMs = 120_000
const headers = { authorization: 'Bearer development' }

type Batch = { id: string, state: State, rows: number | null, rows_read: number | null, reason: string | null, first_errors: unknown[] }

/**
 * Sends the sample batch as a provider does, and waits until it is applied. A repeated request returns the same batch, and so does one after the
 * batch was withdrawn or replaced. Resolves to the batch id. Throws a Failure if the batch gets another state, or is still in progress after two
 * minutes.
 */
export async function sendSample (ingestionApi: string, { reporter, signal }: Run): Promise<string> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(limitMs)])
  const csv = sampleCsv()
  const count = (csv.trimEnd().split('\n').length - 1).toLocaleString('en')
  let shown = ''
  try {
    show(`sending ${count} prices of January 2021`)
    let batch = await submit(gzipSync(csv))
    const wasApplied = !isInProgress(batch.state)
    while (isInProgress(batch.state)) {
      show(batch.rows_read ? `${batch.state}: ${batch.rows_read.toLocaleString('en')} of ${count} prices read` : batch.state)
      await sleep(100, undefined, { signal: until })
      batch = await callApi(`/batches/${batch.id}`)
    }
    if (batch.state === 'withdrawn') {
      reporter.step('sample', 'withdrawn or replaced before, and not sent again')
      return batch.id
    }
    if (batch.state !== 'applied') {
      throw new Failure(`The sample batch was not applied: its state is ${batch.state}${batch.reason ? ` (${batch.reason})` : ''}: ${ingestionApi}/batches/${batch.id}.`,
        batch.first_errors.slice(0, 10).map(error => JSON.stringify(error)))
    }
    reporter.step('sample', wasApplied ? `${batch.rows?.toLocaleString('en')} prices of January 2021, applied before` : `applied: ${count} prices of January 2021`)
    return batch.id
  } catch (error) {
    if (error instanceof Failure || signal.aborted) throw error
    throw new Failure(`The sample batch was not applied within ${limitMs / 1_000} seconds (last: ${shown}).`)
  }

  function show (text: string): void {
    if (text !== shown) reporter.progress('sample', text)
    shown = text
  }

  async function submit (body: Uint8Array<ArrayBuffer>): Promise<Batch> {
    return await callApi('/batches', {
      method: 'POST', body, headers: { 'content-type': 'text/csv', 'content-encoding': 'gzip', 'idempotency-key': 'sample-2021-01' },
    })
  }

  /** Calls the API, and retries while a process restarts. */
  async function callApi (path: string, request: RequestInit = {}): Promise<Batch> {
    for (;;) {
      const sent = fetch(ingestionApi + path, { ...request, headers: { ...headers, ...request.headers }, signal: until })
      const response = await sent.catch(() => undefined)
      until.throwIfAborted()
      const reply = await response?.json().catch(() => undefined) as Batch & { detail?: string } | undefined
      if (response?.ok && reply) return reply
      // 422: the state folder is of an earlier version with other sample data; the batch that was applied then stays. 409: the batch was withdrawn.
      if ((response?.status === 422 || response?.status === 409) && reply?.id) return await callApi(`/batches/${reply.id}`)
      if (response && response.status < 500 && response.status !== 429) {
        throw new Failure(`The ingestion API responded ${response.status} to the sample batch: ${reply?.detail ?? 'without a reason'}.`)
      }
      await sleep(500, undefined, { signal: until })
    }
  }
}
