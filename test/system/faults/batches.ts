import { gzipSync } from 'node:zlib'
import { batchId } from '../../../lib/batch/batch.ts'
import { shippedReference } from '../../../lib/sample/month.ts'
import type { Random } from '../../../lib/sample/random.ts'
import { noCorrection, planCorrection, type Correction } from './plan-corrections.ts'

export type Kind = 'good' | 'bad' | 'corrupt'
export type Shape = 'csv' | 'csv.gz' | 'ndjson' | 'json'

/** A batch to be sent. Its own lane and its own price distinguish its rows from all others. */
export type Plan = Correction & {
  batch: number
  provider: string
  kind: Kind
  shape: Shape
  key: string
  orig: string
  dest: string
  cents: number
  /** All rows: those on its own lane and those on the lane that all batches share. */
  rows: number
  ownRows: number
  /** Numbers of earlier batches of the provider that are sent again after this batch, with the same content or with other content. */
  again: Array<{ batch: number, clash: boolean }>
  /** Pause before the batch is sent, in milliseconds. */
  pauseMs: number
}

export const idOf = ({ provider, key }: Pick<Plan, 'provider' | 'key'>): string => batchId(provider, 'apply', { kind: 'key', value: key })

export const corruptProvider = 'broken'
const shared = ['CNGGZ', 'EETLL'] as const
const shapes: Shape[] = ['csv', 'csv', 'csv.gz', 'ndjson', 'json']

/** Plans `count` batches of the providers, and of one more provider whose objects will be changed. */
export function planBatches (count: number, providers: readonly string[], random: Random): Plan[] {
  const codes = shippedReference().ports.map(({ code }) => code).filter(code => !shared.includes(code as never))
  const sent = new Map<string, number[]>()
  return Array.from({ length: count }, (_, batch) => {
    const kind: Kind = batch % 40 === 5 ? 'corrupt' : random() < 0.12 ? 'bad' : 'good'
    const provider = kind === 'corrupt' ? corruptProvider : providers[Math.floor(random() * providers.length)]!
    const earlier = sent.get(provider) ?? []
    const pick = (): number => earlier[Math.floor(random() * earlier.length)]!
    const again = kind !== 'corrupt' && earlier.length > 0 && random() < 0.2 ? [{ batch: pick(), clash: random() < 0.4 }] : []
    const correction = kind === 'corrupt' ? noCorrection : planCorrection(provider, earlier, random)
    sent.set(provider, [...earlier, batch])
    const ownRows = random() < 0.1 ? 5_000 + Math.floor(random() * 15_000) : 31 + Math.floor(random() * 400)
    const orig = batch % codes.length
    return {
      batch, provider, kind, shape: shapes[Math.floor(random() * shapes.length)]!, key: `batch-${batch}`,
      orig: codes[orig]!, dest: codes[(orig + 1 + Math.floor(batch / codes.length)) % codes.length]!,
      cents: (10_000 + batch) * (correction.isOutlier ? 10 : 1), ...correction, ownRows, rows: ownRows + Math.ceil(ownRows / 10),
      again, pauseMs: Math.floor(random() * 200),
    }
  })
}

export type Body = { content: Buffer, headers: Record<string, string> }

/** Returns the body of a plan. With `clash` it is another content under the same key. */
export function bodyOf (plan: Plan, clash = false): Body {
  const { kind, shape, key, series, orig, dest, cents, rows, ownRows } = plan
  const usd = (cents / 100).toFixed(2)
  const bad = Math.floor(rows * 0.7)
  const prices = Array.from({ length: rows }, (_, row) => {
    const [from, to] = row < ownRows ? [orig, dest] : shared
    return { orig_code: from, dest_code: kind === 'bad' && row === bad ? 'NOSUCH' : to, day: dayOf(row), price: clash ? '1' : usd }
  })
  const headers = { 'idempotency-key': key, ...(series === null ? {} : { 'batch-series': series }) }
  if (shape === 'ndjson') {
    return { content: Buffer.from(prices.map(price => `${JSON.stringify({ ...price, price: Number(price.price) })}\n`).join('')), headers: { ...headers, 'content-type': 'application/x-ndjson' } }
  }
  if (shape === 'json') {
    return { content: Buffer.from(JSON.stringify(prices.map(price => ({ ...price, price: Number(price.price) })))), headers: { ...headers, 'content-type': 'application/json' } }
  }
  const csv = Buffer.from(['orig_code,dest_code,day,price', ...prices.map(price => Object.values(price).join(',')), ''].join('\n'))
  const type = { ...headers, 'content-type': 'text/csv' }
  return shape === 'csv' ? { content: csv, headers: type } : { content: gzipSync(csv), headers: { ...type, 'content-encoding': 'gzip' } }
}

const dayOf = (row: number): string => `2021-01-${String(1 + row % 31).padStart(2, '0')}`
