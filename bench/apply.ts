import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Manifest } from '../lib/batch/batch.ts'
import { createManifest } from '../lib/batch/create-manifest.ts'
import { openStore } from '../lib/batch/store/store.ts'
import { openDatabase } from '../lib/postgres/database.ts'
import { openS3 } from '../lib/process/aws.ts'
import { sampleCsv } from '../lib/sample/month.ts'
import { withPrices } from '../lib/batch/store/manifest.ts'
import * as applying from '../services/ingestion-worker/apply/apply.ts'
import { currentRules } from '../services/ingestion-worker/apply/rules.ts'
import * as attempts from '../services/ingestion-worker/receive/attempt.ts'
import { createDatabase, temporaryServer } from '../test/harness/server.ts'
import { storeContent } from '../test/harness/stored-content.ts'
import { checkOutRelease } from '../test/system/drill/release.ts'
import { emulatorProcess } from './measure/emulator.ts'
import { ratios, timed, turns } from './measure/pairs.ts'
import { record } from './measure/results.ts'

/**
 * Compares a batch from its message to its commit with `psql \copy` of the same rows in the same order into a plain table of a row a price, and
 * with the last commit before the ledger by lane and month. The process has applied 20 batches before, as a worker in operation has. Needs psql.
 */
process.env.AWS_ACCESS_KEY_ID = process.env.AWS_SECRET_ACCESS_KEY = 'bench'
const beforeLedger = '98138a0'
const limits = { maxRows: 5_000_000, maxRowBytes: 65_536, maxDecodedBytes: 1e10, maxPriceUsd: 1_000_000 }
const folder = mkdtempSync(join(tmpdir(), 'freight-rates-bench-'))
const server = await temporaryServer({ max_wal_size: '8GB', shared_buffers: '512MB' })
const emulator = await emulatorProcess()
const s3 = openS3({ region: 'eu-west-1', endpoint: emulator.endpoint })
await s3.send(new CreateBucketCommand({ Bucket: 'bench' }))
const store = openStore(s3, 'bench')
const [now, before] = [await system('now'), await system('before')]
await before.owner`grant insert on prices, lane_months to batch_writer`
await now.owner`create table plain (orig_code text, dest_code text, day date, price numeric(12, 2), batch_number bigint default 0)`
const { folder: older } = checkOutRelease(folder, '0.1.0', beforeLedger)

const month = firstRows(sampleCsv(), 50_000)
const million = firstRows(sampleCsv({ prices: 1_010_000, lanes: 5_000 }), 1_000_000)
for (const batch of await stored(month, 20)) await apply(batch)
await empty()
await againstCopy('50,000 rows', 15, month, '≤ 0.6')
await againstCopy('1,000,000 rows', 5, million, '≤ 0.4')
await againstBefore('50,000 rows', 15, month)
await againstBefore('50,000 rows on 50,000 lanes', 9, await manyLanes(50_000), '≤ 1')
await memory()

for (const { worker, owner } of [now, before]) await Promise.all([worker.end(), owner.end()])
emulator.stop()
await server.remove()
rmSync(folder, { recursive: true })

async function againstCopy (rows: string, rounds: number, csv: string, aim: '≤ 0.6' | '≤ 0.4'): Promise<void> {
  const file = join(folder, 'rows.csv')
  writeFileSync(file, csv)
  const batches = await stored(csv, rounds + 1)
  const ms = await turns(rounds, {
    copy: async () => psqlCopy(file),
    apply: () => timed(() => apply(batches.shift()!)),
  })
  record(`apply ${rows}, ms`, ms.apply)
  record(`apply ${rows} ÷ \\copy`, ratios(ms.apply, ms.copy), aim)
  await empty()
}

async function againstBefore (rows: string, rounds: number, csv: string, aim: '≤ 1' | null = null): Promise<void> {
  const [batches, same] = [await stored(csv, rounds + 1), await stored(csv, rounds + 1)]
  const code = {
    ...await import(join(older, 'services/ingestion-worker/apply/apply.ts')) as typeof applying,
    ...await import(join(older, 'services/ingestion-worker/receive/attempt.ts')) as typeof attempts,
  }
  const ms = await turns(rounds, {
    before: () => timed(() => apply(same.shift()!, before.worker, code)),
    now: () => timed(() => apply(batches.shift()!)),
  })
  record(`apply ${rows} ÷ before the ledger`, ratios(ms.now, ms.before), aim)
  await empty()
}

async function memory (): Promise<void> {
  const ids = (await stored(million, 11)).map(({ id }) => id)
  const env = { ...process.env, DATABASE_URL: server.url('ingestion_worker', 'now'), AWS_ENDPOINT: emulator.endpoint }
  const output = execFileSync(process.execPath, [join(import.meta.dirname, 'measure/apply-memory.ts'), ...ids], { encoding: 'utf8', env })
  const mebibytes = output.trim().split('\n').map(kibibytes => Number(kibibytes) / 1024)
  record('memory after 1,000,000 rows, MiB', [mebibytes[0]!], '≤ 200')
  record('memory after ten more ÷ after one', [mebibytes.at(-1)! / mebibytes[0]!])
}

async function system (database: string) {
  await createDatabase(server, database)
  const open = (login: 'ingestion_worker' | 'migrator') =>
    openDatabase({ url: server.url(login, database), process: 'bench', poolSize: 3, statementTimeoutMs: 0 })
  return { worker: open('ingestion_worker'), owner: open('migrator') }
}

async function apply ({ id }: Manifest, sql = now.worker, { applyBatch, beginAttempt } = { ...applying, ...attempts }): Promise<void> {
  const manifest = withPrices((await store.readManifest(id))!)
  const attempt = await beginAttempt(sql, manifest, 'bench')
  const outcome = await applyBatch({ sql, store, limits, signal: new AbortController().signal, onProgress: () => {} }, manifest, attempt!)
  if (outcome !== 'applied') throw new Error(outcome)
}

async function stored (csv: string, count: number): Promise<Manifest[]> {
  return await Promise.all(Array.from({ length: count }, async () => {
    const manifest = createManifest(await storeContent(store, csv), { provider: 'demo', mode: 'apply', key: randomUUID() })
    await store.createManifest(manifest)
    return manifest
  }))
}

/** Returns psql's own time for the command, without the start of psql and its connection. */
function psqlCopy (file: string): number {
  const output = execFileSync('psql', [server.url('migrator', 'now'), '-qXc', '\\timing on',
    '-c', `\\copy plain (orig_code, dest_code, day, price) from '${file}' (format csv, header)`], { encoding: 'utf8' })
  return Number(/Time: ([\d.]+) ms[^T]*$/.exec(output)![1])
}

async function empty (): Promise<void> {
  await now.owner`truncate plain, unmerged_prices, batch_lanes`
  await before.owner`truncate prices, lane_months`
}

function firstRows (csv: string, count: number): string {
  const lines = csv.split('\n')
  if (lines.length < count + 1) throw new Error(`only ${lines.length - 1} rows`)
  return `${lines.slice(0, count + 1).join('\n')}\n`
}

/** Returns one price for each of `count` lanes. */
async function manyLanes (count: number): Promise<string> {
  const { codes } = (await currentRules(now.owner, limits)).ports
  const row = (at: number): string => {
    const orig = at % codes.length
    return `${codes[orig]},${codes[(orig + 1 + Math.floor(at / codes.length)) % codes.length]},2021-01-05,${1_000 + at % 997}`
  }
  return `orig_code,dest_code,day,price\n${Array.from({ length: count }, (_, at) => row(at)).join('\n')}\n`
}
