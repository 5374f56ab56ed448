import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { randomUUID } from 'node:crypto'
import { createManifest } from '../lib/batch/create-manifest.ts'
import { isWithdrawal, type AnyManifest, type Manifest } from '../lib/batch/batch.ts'
import { openStore } from '../lib/batch/store/store.ts'
import { createWithdrawal } from '../lib/batch/withdrawal.ts'
import { openDatabase } from '../lib/postgres/database.ts'
import { openS3 } from '../lib/process/aws.ts'
import { applyBatch } from '../services/ingestion-worker/apply/apply.ts'
import { applyWithdrawal } from '../services/ingestion-worker/apply/corrections/apply-withdrawal.ts'
import { beginAttempt } from '../services/ingestion-worker/receive/attempt.ts'
import { createDatabase } from '../test/harness/server.ts'
import { storeContent } from '../test/harness/stored-content.ts'
import { benchServer } from './measure/bench-server.ts'
import { lanesCsv } from './measure/csv.ts'
import { emulatorProcess } from './measure/emulator.ts'
import { ratios, timed } from './measure/pairs.ts'
import { record } from './measure/results.ts'

/**
 * Compares the withdrawal of a batch of 57,000 prices with applying it, each from its message to its commit: while the batch has rows of its own, and
 * when its prices are in rows of merged prices, beside those of 1,000 other batches on the same lanes.
 */
process.env.AWS_ACCESS_KEY_ID = process.env.AWS_SECRET_ACCESS_KEY = 'bench'
const [rounds, lanes, prices, others, batchesOfRow] = [7, 712, 80, 1_000, 25]
const limits = { maxRows: 5_000_000, maxRowBytes: 65_536, maxDecodedBytes: 1e10, maxPriceUsd: 1_000_000 }
const server = await benchServer({ autovacuum: 'off' })
await createDatabase(server, 'bench')
const open = (login: 'ingestion_worker' | 'migrator') =>
  openDatabase({ url: server.url(login, 'bench'), process: 'bench', poolSize: 3, statementTimeoutMs: 0 })
const [sql, owner] = [open('ingestion_worker'), open('migrator')]
const emulator = await emulatorProcess()
const s3 = openS3({ region: 'eu-west-1', endpoint: emulator.endpoint })
await s3.send(new CreateBucketCommand({ Bucket: 'bench' }))
const store = openStore(s3, 'bench')
const csv = lanesCsv({ lanes, prices })

for (let at = 0; at < 3; at++) await withdraw(await applied()) // the code is compiled
const unmerged = { apply: [] as number[], withdraw: [] as number[] }
for (let round = 0; round < rounds; round++) {
  const manifest = await stored()
  unmerged.apply.push(await timed(() => deliver(manifest)))
  unmerged.withdraw.push(await timed(() => withdraw(manifest)))
}
record(`withdraw a batch of ${lanes * prices} prices, ms`, unmerged.withdraw)
record(`withdraw a batch of ${lanes * prices} prices ÷ applying it`, ratios(unmerged.withdraw, unmerged.apply), '≤ 1.5')

const targets: Manifest[] = []
for (let round = 0; round < rounds; round++) targets.push(await applied())
await mergeWithOthers(targets)
const [{ total }] = await owner<[{ total: number }]>`select sum(octet_length(days))::bigint as total from merged_prices`
const merged = { apply: [] as number[], withdraw: [] as number[] }
for (const target of targets) {
  merged.apply.push(await timed(async () => deliver(await stored())))
  merged.withdraw.push(await timed(() => withdraw(target)))
}
record(`withdraw a batch of ${lanes * prices} prices, merged among ${total} prices, ms`, merged.withdraw)
record(`withdraw a batch of ${lanes * prices} prices, merged with ${others} others ÷ applying it`, ratios(merged.withdraw, merged.apply), '≤ 3')

await Promise.all([sql.end(), owner.end()])
emulator.stop()
await server.remove()

async function stored (): Promise<Manifest> {
  const manifest = createManifest(await storeContent(store, csv), { provider: 'demo', mode: 'apply', key: randomUUID() })
  await store.createManifest(manifest)
  return manifest
}

async function applied (): Promise<Manifest> {
  const manifest = await stored()
  await deliver(manifest)
  return manifest
}

async function deliver (manifest: AnyManifest): Promise<void> {
  const attempt = await beginAttempt(sql, manifest, 'bench')
  const options = { sql, store, limits, signal: new AbortController().signal, onProgress: () => {} }
  const outcome = isWithdrawal(manifest) ? await applyWithdrawal(options, manifest, attempt!) : await applyBatch(options, manifest, attempt!)
  if (outcome !== 'applied' && outcome !== 'withdrawn') throw new Error(outcome)
}

async function withdraw (target: Manifest): Promise<void> {
  await deliver(createWithdrawal(target, { name: 'demo', reason: null }))
}

/**
 * Moves the rows of the targets to rows of `merged_prices`, each with prices of 24 other batches, and adds rows of other batches alone, so that each
 * lane has those of 1,000 others. Their sums are left out: a withdrawal does not read them.
 */
async function mergeWithOthers (batches: readonly Manifest[]): Promise<void> {
  const ids = batches.map(({ id }) => `'${id}'`).join()
  const isOfTarget = `substring(runs for 8) = any (array(select int8send(number) from batches where id in (${ids})))`
  const otherRuns = (from: string, count: string): string =>
    `(select string_agg(int8send((1000000 + ${from} + run)::bigint) || int4send(${prices}), '' order by run) from generate_series(1, ${count}) as run)`
  await owner.unsafe(`
    create table base as select kind, month, orig_code, dest_code, runs, days, cents,
      row_number() over (partition by orig_code, dest_code order by runs) as place
    from unmerged_prices where ${isOfTarget};
    delete from unmerged_prices where ${isOfTarget};
    insert into merged_prices (kind, month, orig_code, dest_code, runs, days, cents)
    select kind, month, orig_code, dest_code, ${otherRuns('25 * place', '12')} || runs || ${otherRuns('25 * place + 12', '12')},
      decode(repeat(encode(days, 'hex'), ${batchesOfRow}), 'hex'), decode(repeat(encode(cents, 'hex'), ${batchesOfRow}), 'hex')
    from base;
    insert into merged_prices (kind, month, orig_code, dest_code, runs, days, cents)
    select kind, month, orig_code, dest_code, ${otherRuns('1000 + 25 * other', String(batchesOfRow))},
      decode(repeat(encode(days, 'hex'), ${batchesOfRow}), 'hex'), decode(repeat(encode(cents, 'hex'), ${batchesOfRow}), 'hex')
    from base cross join generate_series(1, ${others / batchesOfRow - rounds}) as other where place = 1;
    drop table base`).simple()
  await owner`vacuum analyze`
}
