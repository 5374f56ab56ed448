import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Manifest } from '../lib/batch/batch.ts'
import { createManifest } from '../lib/batch/create-manifest.ts'
import { openStore } from '../lib/batch/store/store.ts'
import { applyBatch } from '../services/ingestion-worker/apply/apply.ts'
import { beginAttempt } from '../services/ingestion-worker/receive/attempt.ts'
import { openS3 } from '../lib/process/aws.ts'
import { openDatabase } from '../lib/postgres/database.ts'
import { sampleCsv } from '../lib/sample/month.ts'
import { createDatabase, temporaryServer } from '../test/harness/server.ts'
import { storeContent } from '../test/harness/stored-content.ts'
import { emulatorProcess } from './measure/emulator.ts'
import { medians, timed } from './measure/pairs.ts'

/** Compares a batch from its message to its commit with `psql \copy` of the same rows in the same order into the same table. Needs psql. */
process.env.AWS_ACCESS_KEY_ID = process.env.AWS_SECRET_ACCESS_KEY = 'bench'
const server = await temporaryServer({ max_wal_size: '8GB', shared_buffers: '512MB' })
await createDatabase(server, 'freight')
const emulator = await emulatorProcess()
const s3 = openS3({ region: 'eu-west-1', endpoint: emulator.endpoint })
await s3.send(new CreateBucketCommand({ Bucket: 'bench' }))
const store = openStore(s3, 'bench')
const worker = openDatabase({ url: server.url('ingestion_worker', 'freight'), process: 'bench', poolSize: 3, statementTimeoutMs: 0 })
const owner = openDatabase({ url: server.url('migrator', 'freight'), process: 'bench', poolSize: 1, statementTimeoutMs: 0 })
const folder = mkdtempSync(join(tmpdir(), 'freight-rates-bench-'))

for (const [label, rounds, csv] of [
  ['50,000 rows', 15, firstRows(sampleCsv(), 50_000)],
  ['1,000,000 rows', 3, firstRows(sampleCsv({ prices: 1_010_000, lanes: 5_000 }), 1_000_000)],
] as const) {
  const file = join(folder, 'rows.csv')
  writeFileSync(file, csv)
  const manifests: Manifest[] = []
  for (let i = 0; i <= rounds; i++) manifests.push(await stored(csv))
  const ms = await medians(rounds, {
    copy: async () => psqlCopy(file),
    apply: () => timed(() => apply(manifests.shift()!)),
  })
  console.log(`${label}: psql \\copy ${ms.copy.toFixed(0)} ms, apply ${ms.apply.toFixed(0)} ms, ratio ${(ms.apply / ms.copy).toFixed(2)}`)
  await owner`truncate prices, lane_months`
}
console.log(`maximum resident memory of this process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`)

await worker.end()
await owner.end()
emulator.stop()
await server.remove()
rmSync(folder, { recursive: true })

async function apply (manifest: Manifest): Promise<void> {
  const read = (await store.readManifest(manifest.id))!
  const attempt = await beginAttempt(worker, read, 'bench')
  const outcome = await applyBatch({
    sql: worker,
    store,
    limits: { maxRows: 5_000_000, maxRowBytes: 65_536, maxDecodedBytes: 1e10, maxPriceUsd: 1_000_000 },
    signal: new AbortController().signal,
    onProgress: () => {},
  }, read, attempt!)
  if (outcome !== 'applied') throw new Error(outcome)
}

async function stored (csv: string): Promise<Manifest> {
  const manifest = createManifest(await storeContent(store, csv), { provider: 'demo', mode: 'apply', key: randomUUID() })
  await store.createManifest(manifest)
  return manifest
}

/** Returns psql's own time for the command, without the start of psql and its connection. */
function psqlCopy (file: string): number {
  const output = execFileSync('psql', [server.url('migrator', 'freight'), '-qXc', '\\timing on', '-c', 'alter table prices alter batch_number set default 0',
    '-c', `\\copy prices (orig_code, dest_code, day, price) from '${file}' (format csv, header)`], { encoding: 'utf8' })
  return Number(/Time: ([\d.]+) ms[^T]*$/.exec(output)![1])
}

function firstRows (csv: string, count: number): string {
  const lines = csv.split('\n')
  if (lines.length < count + 1) throw new Error(`only ${lines.length - 1} rows`)
  return `${lines.slice(0, count + 1).join('\n')}\n`
}
