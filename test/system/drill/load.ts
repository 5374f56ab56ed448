import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import type { SamplePrice } from '../../../lib/sample/month.ts'
import { mediaTypes } from '../../../lib/batch/batch.ts'
import { workbookOf } from '../../harness/price-files.ts'
import { openCorrections } from './corrections.ts'
import { csv, pricesToSend } from './prices.ts'
import type { Sent } from './sent.ts'

export type Failure = { at: string, kind: string, text: string }

/** The provider of the test traffic. */
export const tester = 'tester'
const final = ['applied', 'rejected', 'validated', 'dead_lettered', 'discarded', 'withdrawn']
const reads = [
  '/rates?date_from=2021-01-01&date_to=2021-01-31&orig_code=CNGGZ&dest_code=EETLL',
  '/rates?date_from=2021-01-10&date_to=2021-01-12&orig_code=CNGGZ&dest_code=north_europe_main',
  '/rates?date_from=2021-01-01&date_to=2021-01-31&orig_code=china_main&dest_code=north_europe_main',
  '/locations?q=tall&limit=5',
]

/**
 * Opens clients that never send a request twice: any unexpected response is a failure. `keyOf` returns a provider's API key. With `mayRefuse`, a
 * release that knows neither corrections nor workbooks may refuse them.
 */
export function openLoad (addresses: { rates: string, ingestion: string }, keyOf: (provider: string) => string, mayRefuse = false) {
  const requests: Record<string, number> = {}
  const failures: Failure[] = []
  const sent: Sent[] = []
  const states: Record<string, number> = {}
  const pools = new Map<string, Pool>()
  const stop = new AbortController()
  const running: Array<Promise<void>> = []
  const prices = pricesToSend()
  const workbooks = { accepted: 0, refused: 0 }
  const { corrections, withdraw, replace } = openCorrections(call, addresses.ingestion, keyOf, mayRefuse)

  /** Resolves with the text of an expected response, or with null. Failures of test traffic do not count as failures of the clients. */
  async function call (kind: string, url: string, expected: number | number[], options: Options = {}): Promise<string | null> {
    const { origin, pathname, search } = new URL(url)
    const pool = pools.get(origin) ?? new Pool(origin, { connections: 64 })
    pools.set(origin, pool)
    if (kind !== 'test') requests[kind] = (requests[kind] ?? 0) + 1
    try {
      const { statusCode, body } = await pool.request({ path: pathname + search, method: options.method ?? 'GET', ...options })
      const text = await body.text()
      if (![expected].flat().includes(statusCode)) throw new Error(`${statusCode}: ${text.slice(0, 200)}`)
      return text
    } catch (error) {
      const { code = '', message } = error as Error & { code?: string }
      if (kind !== 'test') failures.push({ at: new Date().toISOString(), kind, text: `${url} ${code} ${message}` })
      return null
    }
  }

  const read = (): Promise<string | null> => call('read', addresses.rates + reads[Math.floor(Math.random() * reads.length)], 200)

  /** Test traffic for the test listener of a new release: many concurrent requests, each of which may fail. */
  const tests = {
    'rates-api': (base: string) => Promise.all(Array.from({ length: 100 }, (_, index) => call('test', base + reads[index % reads.length], 200))),
    'ingestion-api': (base: string) => Promise.all(Array.from({ length: 25 }, () => submit(tester, { base, kind: 'test' }))),
  }

  /** Sends a batch as a body or as an upload, in test traffic as a dry run. Resolves with the batch if it is accepted. */
  async function submit (provider: string, options: SubmitOptions = {}): Promise<Sent | null> {
    const { base = addresses.ingestion, kind = 'batch', upload = false, replaces } = options
    const rows = 20 + Math.floor(Math.random() * 180)
    const list = Array.from({ length: rows }, () => prices.next().value)
    const content = csv(list)
    const authorization = `Bearer ${keyOf(provider)}`
    const key = { authorization, 'idempotency-key': randomUUID() }
    const post = { url: base + (kind === 'test' ? '/batches?dry_run=true' : '/batches'), content, type: 'text/csv' }
    if (upload) {
      const body = JSON.stringify({ bytes: Buffer.byteLength(content), sha256: createHash('sha256').update(content).digest('hex'), content_type: 'text/csv' })
      const created = await call('upload', `${base}/uploads`, 201, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body })
      if (!created) return null
      const { upload: id, url, headers } = JSON.parse(created) as { upload: string, url: string, headers: Record<string, string> }
      if (await call('file', url, 200, { method: 'PUT', headers, body: content }) === null) return null
      Object.assign(post, { content: JSON.stringify({ upload: id }), type: 'application/json' })
    }
    const headers = { ...key, 'content-type': post.type }
    const send = async (): Promise<string | null> => {
      if (options.workbook) return await submitWorkbook(list, key)
      if (replaces) return await replace(replaces, post.content, headers)
      return idIn(await call(kind, post.url, 202, { method: 'POST', headers, body: post.content }))
    }
    const id = await send()
    if (id === null) return null
    const batch: Sent = { id, provider, rows, state: kind === 'test' ? 'validated' : 'applied' }
    sent.push(batch)
    return batch
  }

  /** Sends a workbook. An earlier release may refuse its type. Resolves with the id of the batch if it is accepted. */
  async function submitWorkbook (list: SamplePrice[], key: Record<string, string>): Promise<string | null> {
    const headers = { ...key, 'content-type': mediaTypes.xlsx }
    const response = await call('workbook', `${addresses.ingestion}/batches`, mayRefuse ? [202, 415] : 202, { method: 'POST', headers, body: workbookOf(list) })
    const id = idIn(response)
    if (response !== null) workbooks[id === null ? 'refused' : 'accepted']++
    return id
  }

  /** Polls a batch until it is in one of the states. */
  async function follow ({ provider, id }: Sent, until: readonly string[] = final): Promise<void> {
    for (;;) {
      const response = await call('state', `${addresses.ingestion}/batches/${id}`, 200, { headers: { authorization: `Bearer ${keyOf(provider)}` } })
      const state = response === null ? 'unknown' : (JSON.parse(response) as { state: string }).state
      if (until.includes(state)) {
        states[state] = (states[state] ?? 0) + 1
        return
      }
      await pause(50)
    }
  }

  async function provide (provider: string): Promise<void> {
    let previous: Sent | null = null
    for (let number = 0; !stop.signal.aborted; number++) {
      const replaces: Sent | undefined = number % 5 === 3 && previous?.state === 'applied' ? previous : undefined
      const batch = await submit(provider, { upload: number % 4 === 3 && !replaces, workbook: number % 5 === 4, ...(replaces ? { replaces } : {}) })
      if (batch) await follow(batch)
      else await pause(50)
      if (batch && number % 5 === 1 && await withdraw(batch)) await follow(batch, ['withdrawn'])
      previous = batch
    }
  }

  async function readOn (): Promise<void> {
    while (!stop.signal.aborted) {
      await read()
      await pause(5)
    }
  }

  return {
    tests, failures, sent, states, requests, corrections, workbooks,
    count: () => Object.values(requests).reduce((sum, count) => sum + count, 0),
    start ({ readers, providers }: { readers: number, providers: string[] }) {
      running.push(...Array.from({ length: readers }, readOn), ...providers.map(provide))
    },
    /** Stops the clients and waits for the requests in flight. */
    async stop () {
      stop.abort()
      await Promise.all(running)
      await Promise.all([...pools.values()].map(pool => pool.close()))
    },
  }
}

type Options = { method?: 'POST' | 'PUT' | 'DELETE', headers?: Record<string, string>, body?: string | Uint8Array }
type SubmitOptions = { base?: string, kind?: 'batch' | 'test', upload?: boolean, workbook?: boolean, replaces?: Sent }

const idIn = (response: string | null): string | null => response === null ? null : (JSON.parse(response) as { id?: string }).id ?? null
