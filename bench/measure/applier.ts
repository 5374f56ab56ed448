import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest } from '../../lib/batch/batch.ts'
import { withPrices } from '../../lib/batch/store/manifest.ts'
import type { Attempt } from '../../services/ingestion-worker/receive/attempt.ts'
import type { ApplierSettings, Command } from './appliers.ts'

/**
 * A process that applies batches with the code of any checkout: the part of the worker between receiving a message and deleting it, for
 * `slots` batches at once. Reads commands from its parent and answers each with a result.
 */
const { root, url, endpoint, database, createsDatabase, slots } = JSON.parse(process.argv[2]!) as ApplierSettings
const load = async (path: string): Promise<any> => await import(join(root, path))
const { createManifest } = await load('lib/batch/create-manifest.ts') as typeof import('../../lib/batch/create-manifest.ts')
const { openStore } = await load('lib/batch/store/store.ts') as typeof import('../../lib/batch/store/store.ts')
const { openS3 } = await load('lib/process/aws.ts') as typeof import('../../lib/process/aws.ts')
const { openDatabase } = await load('lib/postgres/database.ts') as typeof import('../../lib/postgres/database.ts')
const { applyBatch } = await load('services/ingestion-worker/apply/apply.ts') as typeof import('../../services/ingestion-worker/apply/apply.ts')
const { beginAttempt } = await load('services/ingestion-worker/receive/attempt.ts') as typeof import('../../services/ingestion-worker/receive/attempt.ts')
const { createDatabase } = await load('test/harness/server.ts') as typeof import('../../test/harness/server.ts')
const { storeContent } = await load('test/harness/stored-content.ts') as typeof import('../../test/harness/stored-content.ts')

const urlOf = (login: string, name: string): string => Object.assign(new URL(url), { username: login, pathname: `/${name}` }).href
if (createsDatabase) await createDatabase({ url: urlOf } as never, database)
const sql = openDatabase({ url: urlOf('ingestion_worker', database), process: 'ingestion-worker', poolSize: slots * 2 + 3, statementTimeoutMs: 0 })
const store = openStore(openS3({ region: 'eu-west-1', endpoint }), 'bench')
const limits = { maxRows: 5_000_000, maxRowBytes: 65_536, maxDecodedBytes: 1e10, maxPriceUsd: 1_000_000 }
const manifests: Manifest[] = []

process.on('message', async (command: Command) => {
  if (command.do === 'prepare') for (let left = command.count; left > 0; left--) manifests.push(await prepared(command.file, command.provider))
  const began = performance.now()
  const applied = new AbortController()
  if (command.do === 'apply' && command.merges) await startMerging(applied.signal)
  if (command.do === 'apply') await Promise.all(Array.from({ length: slots }, applyAll))
  applied.abort()
  process.send!({ ms: performance.now() - began })
})
process.once('disconnect', () => process.exit()) // the benchmark has ended
process.send!({ ms: 0 })

async function prepared (file: string, provider: string): Promise<Manifest> {
  const manifest = createManifest(await storeContent(store, readFileSync(file, 'utf8'), { provider }), { provider, mode: 'apply', key: randomUUID() })
  await store.createManifest(manifest)
  return manifest
}

/** A slot. Slots take the batches in turn until none is left. */
async function applyAll (): Promise<void> {
  for (let manifest = manifests.shift(); manifest; manifest = manifests.shift()) {
    const read = withPrices((await store.readManifest(manifest.id))!)
    const attempt: Attempt | null = await beginAttempt(sql, read, 'bench')
    const outcome = await applyBatch({ sql, store, limits, signal: new AbortController().signal, onProgress: () => {} } as never, read, attempt!)
    if (outcome !== 'applied') throw new Error(outcome)
  }
}

/** Merges and vacuums as a worker with batches in flight does, until `stopping` is aborted. */
async function startMerging (stopping: AbortSignal): Promise<void> {
  const { mergeUntil } = await load('services/ingestion-worker/merge/merge.ts') as typeof import('../../services/ingestion-worker/merge/merge.ts')
  const { vacuumUntil } = await load('services/ingestion-worker/merge/vacuum.ts') as typeof import('../../services/ingestion-worker/merge/vacuum.ts')
  const nothing = (): void => {}
  const merger = {
    sql, minRows: 8, idleSeconds: 5, isBusy: () => true, breaker: { untilClosed: async () => {} } as never, log: console as never,
    metrics: { count: nothing, set: nothing, observe: nothing } as never,
  }
  Promise.all([mergeUntil(merger, stopping), vacuumUntil(merger, stopping)]).catch(error => { throw error })
}
