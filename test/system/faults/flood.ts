import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openQueue } from '../../../lib/batch/queue.ts'
import { shippedReference } from '../../../lib/sample/month.ts'
import { waitFor } from '../../harness/wait.ts'
import { keyOf, startSystem, type System } from './system.ts'

export type Flood = {
  /** Messages in the queue, and the age of the oldest unfinished batch, before the workers start. */
  depth: number
  oldestSeconds: number
  /** The queued batches that one of the flooding providers saw meanwhile: the first page of 20, and whether there are more. */
  listed: { batches: number, more: boolean }
  acceptedPerSecond: number
  appliedPerSecond: number
  /**
   * Each batch of another provider; the first is last in the backlog. `ms` is the time until it was applied, `left` the rest of the backlog at that
   * time.
   */
  others: Array<{ ms: number, left: number }>
  /** `GET /rates` before the flood, and from its first batch to its last. */
  ratesBefore: ResponseTimes
  rates: ResponseTimes
  /** Totals at the end. */
  applied: number
  prices: number
  readModel: number
  idempotencyRecords: number
}

export type ResponseTimes = { count: number, failed: number, p50Ms: number, p95Ms: number, maxMs: number }

const rowsOfBatch = 3
/** One fewer than the concurrent batches, of which a provider has at most one. With more providers, the queue decides whose batch comes first. */
const flooders = ['north', 'south', 'east']
const other = 'other'

/** Sends this many small batches of three providers while no worker runs, then starts the workers while a fourth provider sends as well. */
export async function flood (batches: number, report: (text: string) => void = () => {}): Promise<Flood> {
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-flood-'))
  chmodSync(folder, 0o755)
  const system = await startSystem({ folder, providers: [...flooders, other], limitDisk: false, died: name => report(`${name} died`) })
  try {
    const queue = openQueue(system.sqs, system.queueUrl)
    const ratesBefore = await readRates(system, calls => calls === 50)
    await Promise.all(system.workers.map(worker => worker.kill('SIGTERM')))
    let isDrained = false
    const reading = readRates(system, () => isDrained)
    reading.catch(() => {}) // awaited below

    const floodedAt = performance.now()
    let next = 0
    await Promise.all(Array.from({ length: 8 }, async () => {
      while (next < batches) await submit(system, flooders[next % flooders.length]!, next++)
    }))
    const acceptedPerSecond = batches / (performance.now() - floodedAt) * 1_000
    const depth = await queue.countMessages()
    const [{ oldestSeconds }] = await system.admin<[{ oldestSeconds: number }]>`
      select extract(epoch from now() - min(accepted_at))::float8 as "oldestSeconds" from batches where state in ('queued', 'processing')`
    const page = await callIngestionApi(system, flooders[0]!, '/batches?state=queued&limit=20') as { batches: unknown[], next_cursor: string | null }
    report(`${depth} messages in the queue, the oldest batch is ${oldestSeconds.toFixed(0)} s old`)

    const startedAt = performance.now()
    const starting = Promise.all(system.workers.map(worker => worker.start()))
    let sent = 0
    for (let left = batches; left > 0; sent++) {
      const id = await submit(system, other, sent)
      await waitFor(async () => (await system.admin`select 1 from batches where id = ${id} and state = 'applied'`).length > 0)
      left = (await system.admin`select 1 from batches where provider <> ${other} and state <> 'applied'`).length
      if (sent % 100 === 0) report(`${left} of the backlog left`)
    }
    await starting
    const appliedPerSecond = (batches + sent) / (performance.now() - startedAt) * 1_000
    isDrained = true
    const others = await system.admin<Flood['others']>`
      select (extract(epoch from finished_at - accepted_at) * 1000)::int as ms, (
        select count(*) from batches as later where later.provider <> ${other} and later.finished_at > batches.finished_at) as left
      from batches where provider = ${other} order by accepted_at`
    const [totals] = await system.admin<[Pick<Flood, 'applied' | 'prices' | 'readModel' | 'idempotencyRecords'>]>`
      select (select count(*) from batches where state = 'applied') as applied, (select count(*) from all_prices) as prices,
        (select coalesce(sum(count), 0)::bigint from merged_sums, unnest(counts) as count)
          + (select coalesce(sum(octet_length(days)), 0)::bigint from unmerged_prices) as "readModel", (select count(*) from applied_batches) as "idempotencyRecords"`
    return {
      depth, oldestSeconds, listed: { batches: page.batches.length, more: page.next_cursor !== null }, acceptedPerSecond, appliedPerSecond,
      others: [...others], ratesBefore, rates: await reading, ...totals,
    }
  } finally {
    await system.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const ports = shippedReference().ports.map(({ code }) => code)

/** Sends a batch and resolves with its id after the acceptance. Lanes repeat, so that batches meet on them. */
async function submit (system: System, provider: string, batch: number): Promise<string> {
  const lane = `${ports[batch % ports.length]!},${ports[(batch + 1) % ports.length]!}`
  const body = ['orig_code,dest_code,day,price', ...Array.from({ length: rowsOfBatch }, (_, row) => `${lane},2021-01-${10 + row},100`)].join('\n')
  const headers = { 'content-type': 'text/csv', 'idempotency-key': `batch-${batch}` }
  const { id } = await callIngestionApi(system, provider, '/batches', { method: 'POST', body, headers }) as { id: string }
  return id
}

type Init = { method?: string, body?: string, headers?: Record<string, string> }

async function callIngestionApi ({ ingestionApi }: System, provider: string, path: string, init: Init = {}): Promise<unknown> {
  const response = await fetch(`${ingestionApi.url}${path}`, { ...init, headers: { ...init.headers, authorization: `Bearer ${keyOf(provider)}` } })
  if (!response.ok) throw new Error(`${path} of ${provider}: ${response.status} ${await response.text()}`)
  return await response.json()
}

/** Sends `GET /rates` some forty times a second, as an analyst. */
async function readRates ({ ratesApi }: System, isOver: (calls: number) => boolean): Promise<ResponseTimes> {
  const times: number[] = []
  let failed = 0
  while (!isOver(times.length)) {
    const at = performance.now()
    const day = `2021-01-${String(1 + times.length % 31).padStart(2, '0')}`
    const { ok } = await fetch(`${ratesApi.url}/rates?date_from=2021-01-01&date_to=${day}&orig_code=china_main&dest_code=north_europe_main`)
    times.push(performance.now() - at)
    if (!ok) failed++
    await wait(20)
  }
  const sorted = times.toSorted((one, another) => one - another)
  const at = (share: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]! * 10) / 10
  return { count: times.length, failed, p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1) }
}
