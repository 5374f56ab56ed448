import type { AnyManifest, Manifest, Withdrawal } from '../../lib/batch/batch.ts'
import { isWithdrawal } from '../../lib/batch/batch.ts'
import { accept } from '../../lib/batch/accept.ts'
import { createWithdrawal } from '../../lib/batch/withdrawal.ts'
import { applyBatch } from '../../services/ingestion-worker/apply/apply.ts'
import { applyWithdrawal } from '../../services/ingestion-worker/apply/corrections/apply-withdrawal.ts'
import type { GuardOptions } from '../../services/ingestion-worker/apply/guard/outliers.ts'
import type { Outcome } from '../../services/ingestion-worker/apply/outcome.ts'
import { beginAttempt } from '../../services/ingestion-worker/receive/attempt.ts'
import type { Pipeline } from './pipeline.ts'

const limits = { maxRows: 100_000, maxRowBytes: 65_536, maxDecodedBytes: 1e9, maxPriceUsd: 1_000_000 }

/** Applies batches and withdrawals as a worker does, one call for each delivery. */
export function applier ({ db, store, queue }: Pipeline, guard?: GuardOptions) {
  const sql = db.open('ingestion_worker')

  async function deliver (manifest: AnyManifest, signal = new AbortController().signal): Promise<Outcome | 'no attempt'> {
    const attempt = await beginAttempt(sql, manifest, 'test')
    if (!attempt) return 'no attempt'
    const options = { sql, store, limits, guard, signal, onProgress: () => {} }
    return isWithdrawal(manifest) ? await applyWithdrawal(options, manifest, attempt) : await applyBatch(options, manifest, attempt)
  }

  /** Accepts the withdrawal of a batch. */
  async function withdrawal (target: Manifest, reason: string | null = 'a mistake'): Promise<Withdrawal> {
    return (await accept(store, queue, createWithdrawal(target, { name: 'demo', reason }))).manifest
  }

  return { sql, deliver, withdrawal }
}

/** Returns a file with `count` prices of one lane and month, each of `price` USD. */
export function file (price: number, { count = 3, lane = 'CNGGZ,EETLL' } = {}): string {
  return `orig_code,dest_code,day,price\n${Array.from({ length: count }, (_, at) => `${lane},2021-01-${String(at % 28 + 1).padStart(2, '0')},${price}\n`).join('')}`
}
