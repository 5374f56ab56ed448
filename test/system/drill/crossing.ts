import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { waitLimitMs } from '../../harness/patience.ts'
import type { Failure } from './load.ts'
import { csv, pricesToSend } from './prices.ts'

/** The provider that sends every file twice, to one release and to the other. */
export const crosser = 'crosser'

export type Order = 'old, then new' | 'new, then old'
export type Phase = 'beside old workers' | 'across the deployment' | 'during the deployment' | 'after the deployment'
/** One file, sent twice; `ids` are the batches that it was accepted as. */
export type Crossing = { kind: string, order: Order, phase: Phase, rows: number, ids: string[] }

/** Sends a file to a release and resolves with the id of the batch. The two steps of one crossing share `sent`. */
type Step = (client: Client, sent: Sent) => Promise<string>
type Client = { request: (path: string, status: number, request: RequestInit) => Promise<any> }
type Sent = { content: string, key: string, upload?: string }
type How = { gzip?: boolean, key?: boolean }

const bytesOf = (content: string, gzip?: boolean): Buffer => gzip ? gzipSync(content) : Buffer.from(content)
const keyHeader = (sent: Sent, key?: boolean): Record<string, string> => key ? { 'idempotency-key': sent.key } : {}

const post = ({ gzip, key }: How = {}): Step => async ({ request }, sent) => (await request('/batches', 202, {
  method: 'POST', body: bytesOf(sent.content, gzip) as Uint8Array<ArrayBuffer>,
  headers: { 'content-type': 'text/csv', ...(gzip ? { 'content-encoding': 'gzip' } : {}), ...keyHeader(sent, key) },
})).id

const name = ({ key }: How = {}): Step => async ({ request }, sent) => (await request('/batches', 202, {
  method: 'POST', body: JSON.stringify({ upload: sent.upload }), headers: { 'content-type': 'application/json', ...keyHeader(sent, key) },
})).id

const upload = (how: How = {}): Step => async (client, sent) => {
  const file = bytesOf(sent.content, how.gzip)
  const sha256 = createHash('sha256').update(file).digest('hex')
  const created = await client.request('/uploads', 201, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ bytes: file.length, sha256, content_type: 'text/csv', ...(how.gzip ? { content_encoding: 'gzip' } : {}) }),
  })
  const { 'content-length': _length, ...headers } = created.headers as Record<string, string>
  const put = await fetch(created.url, { method: 'PUT', headers, body: file as Uint8Array<ArrayBuffer> })
  if (put.status !== 200) throw new Error(`PUT: ${put.status}`)
  sent.upload = created.upload as string
  return await name(how)(client, sent)
}

/** Pairs of requests, the first for one release and the second for the other, that have the same batch name. */
const namedAlike: Record<string, [Step, Step]> = {
  content: [post(), post()],
  'content, the second compressed': [post(), post({ gzip: true })],
  'content, the first compressed': [post({ gzip: true }), post()],
  'a key': [post({ key: true }), post({ key: true })],
  'a key, the second compressed': [post({ key: true }), post({ key: true, gzip: true })],
  'a key, the second as an upload': [post({ key: true }), upload({ key: true })],
  'an upload, named twice': [upload(), name()],
  'an upload under a key, named twice': [upload({ key: true }), name({ key: true })],
  'a compressed upload, named twice': [upload({ gzip: true }), name()],
}

/** The same content by names that only this release, its worker included, treats as the same. */
const kinds: Record<string, [Step, Step]> = {
  ...namedAlike,
  'two uploads': [upload(), upload()],
  'two compressed uploads': [upload({ gzip: true }), upload({ gzip: true })],
  'an upload, then content': [upload(), post()],
  'content, then an upload': [post(), upload()],
  'a compressed upload, then content': [upload({ gzip: true }), post()],
  'content, then a compressed upload': [post(), upload({ gzip: true })],
}

/** Sends each kind in both orders between an API of the old release and one of the new release. Adds to `crossings` and `failures`. */
export function openCrossing (urls: { old: string, new: string }, key: string, crossings: Crossing[], failures: Failure[]) {
  const prices = pricesToSend()
  const clients = { old: clientOf(urls.old), new: clientOf(urls.new) }

  function clientOf (base: string): Client {
    return {
      async request (path, status, request) {
        const response = await fetch(base + path, { ...request, headers: { authorization: `Bearer ${key}`, ...request.headers }, signal: AbortSignal.timeout(waitLimitMs) })
        const text = await response.text()
        if (response.status !== status) throw new Error(`${request.method} ${path}: ${response.status} ${text.slice(0, 200)}`)
        return JSON.parse(text)
      },
    }
  }

  async function cross (kind: string, order: Order, phase: Phase, waits: boolean, between = async (): Promise<void> => {}): Promise<void> {
    const rows = 20 + Math.floor(Math.random() * 80)
    const sent: Sent = { content: csv(Array.from({ length: rows }, () => prices.next().value)), key: randomUUID() }
    const [first, second] = kinds[kind]!
    const [one, other] = order === 'old, then new' ? [clients.old, clients.new] : [clients.new, clients.old]
    const crossing: Crossing = { kind, order, phase, rows, ids: [] }
    crossings.push(crossing)
    try {
      crossing.ids.push(await first(one, sent))
      if (waits) await untilFinal(one, crossing.ids[0]!)
      await between()
      crossing.ids.push(await second(other, sent))
      for (const id of crossing.ids) await untilFinal(other, id)
    } catch (error) {
      failures.push({ at: new Date().toISOString(), kind: `crossing: ${kind}, ${order}, ${phase}`, text: (error as Error).message })
    }
  }

  async function untilFinal ({ request }: Client, id: string): Promise<void> {
    while (!['applied', 'rejected', 'dead_lettered', 'discarded'].includes((await request(`/batches/${id}`, 200, { method: 'GET' })).state)) await pause(50)
  }

  /** Sends these kinds in both orders, in sequence. With `waits`, the second file is sent after the first batch is final. */
  async function pass (names: string[], phase: Phase, waits: boolean): Promise<void> {
    for (const kind of names) await Promise.all((['old, then new', 'new, then old'] as const).map(order => cross(kind, order, phase, waits)))
  }

  return {
    /** What holds for every version of the workers. */
    besideOldWorkers: () => pass(Object.keys(namedAlike), 'beside old workers', true),
    pass: (phase: Phase, waits: boolean) => pass(Object.keys(kinds), phase, waits),
    /** Sends every kind to the old release and waits until all batches are final. Resolves with a function that sends the same to the new release. */
    async begin (): Promise<() => Promise<void>> {
      const again = Promise.withResolvers<void>()
      const begun = Object.keys(kinds).map(kind => {
        const first = Promise.withResolvers<void>()
        const done = cross(kind, 'old, then new', 'across the deployment', true, () => { first.resolve(); return again.promise }).finally(first.resolve)
        return { first: first.promise, done }
      })
      await Promise.all(begun.map(({ first }) => first))
      return async () => {
        again.resolve()
        await Promise.all(begun.map(({ done }) => done))
      }
    },
  }
}
