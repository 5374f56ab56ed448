import { readFileSync } from 'node:fs'
import { openStore } from '../../lib/batch/store/store.ts'
import { openDatabase } from '../../lib/postgres/database.ts'
import { openS3 } from '../../lib/process/aws.ts'
import { withPrices } from '../../lib/batch/store/manifest.ts'
import { applyBatch } from '../../services/ingestion-worker/apply/apply.ts'
import { beginAttempt } from '../../services/ingestion-worker/receive/attempt.ts'

/**
 * Applies the batches of the arguments, one after the other, and prints after each the largest resident memory of the process so far, in KiB.
 * Needs Linux.
 */
const sql = openDatabase({ url: process.env.DATABASE_URL!, process: 'bench', poolSize: 3, statementTimeoutMs: 0 })
const store = openStore(openS3({ region: 'eu-west-1', endpoint: process.env.AWS_ENDPOINT! }), 'bench')
const limits = { maxRows: 5_000_000, maxRowBytes: 65_536, maxDecodedBytes: 1e10, maxPriceUsd: 1_000_000 }
for (const id of process.argv.slice(2)) {
  const manifest = withPrices((await store.readManifest(id))!)
  const attempt = await beginAttempt(sql, manifest, 'bench')
  const outcome = await applyBatch({ sql, store, limits, signal: new AbortController().signal, onProgress: () => {} }, manifest, attempt!)
  if (outcome !== 'applied') throw new Error(outcome)
  // The maximum that getrusage returns begins with that of the parent process.
  console.log(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1])
}
await sql.end()
