import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { sampleCsv } from '../services/sample/month.ts'
import { Failure } from './failure.ts'
import type { Run } from './run.ts'

const limitMs = 120_000
const headers = { authorization: 'Bearer development' }

type Answer = { id?: string, state?: string, detail?: string, counts?: unknown } & Record<string, unknown>

/**
 * Sends the sample batch as a provider would and waits until it is applied; sent again, it is the same batch. Answers with
 * its id. Throws a Failure when it ends otherwise, or not in two minutes.
 */
export async function sendSample (ingestionApi: string, { story, signal }: Run): Promise<string> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(limitMs)])
  const csv = sampleCsv()
  const rows = csv.split('\n').length - 2 // header and last line end
  let shown = ''
  const show = (text: string): void => {
    if (text !== shown) story.progress('sample', text)
    shown = text
  }
  try {
    show(`sending ${rows.toLocaleString('en')} prices of January 2021`)
    let batch = await submit(gzipSync(csv))
    const wasThere = batch.state === 'applied'
    while (!isFinal(batch.state)) {
      show(describe(batch))
      await sleep(200, undefined, { signal: until })
      batch = await ask(`/batches/${batch.id}`, {})
    }
    if (batch.state !== 'applied') throw new Failure(`The sample batch ended as ${batch.state}: see ${ingestionApi}/batches/${batch.id}.`, [JSON.stringify(batch)])
    story.step('sample', wasThere ? `applied before: ${batch.id}` : `applied: ${rows.toLocaleString('en')} prices of January 2021`)
    return batch.id!
  } catch (error) {
    if (error instanceof Failure || signal.aborted) throw error
    throw new Failure(`The sample batch was not applied within ${limitMs / 1_000} seconds (last: ${shown}).`)
  }

  async function submit (body: Uint8Array<ArrayBuffer>): Promise<Answer> {
    return await ask('/batches', {
      method: 'POST', body, headers: { 'content-type': 'text/csv', 'content-encoding': 'gzip', 'idempotency-key': 'sample-2021-01' },
    })
  }

  /** Tries again while a process restarts. */
  async function ask (path: string, request: RequestInit): Promise<Answer> {
    for (;;) {
      const sent = fetch(ingestionApi + path, { ...request, headers: { ...headers, ...request.headers }, signal: until })
      const response = await sent.catch(() => undefined)
      until.throwIfAborted()
      const answer = await response?.json().catch(() => undefined) as Answer | undefined
      if (response?.ok && answer) return answer
      if (response && response.status < 500 && response.status !== 429) {
        throw new Failure(`The ingestion API answers ${response.status} to the sample batch: ${answer?.detail ?? 'without a reason'}.`)
      }
      await sleep(500, undefined, { signal: until })
    }
  }
}

const isFinal = (state = ''): boolean => ['applied', 'rejected', 'dead_lettered', 'discarded'].includes(state)
const describe = ({ state }: Answer): string => `${state}`
