import type { Test } from 'tap'
import { buildIngestionWorker, type Dependencies } from '../../services/ingestion-worker/app.ts'
import { silent, type Pipeline } from './pipeline.ts'

/** Starts a worker in this process. It is stopped with the test. */
export function startWorker (t: Test, { db, store, queue, deadLetters }: Pipeline, options: Partial<Dependencies> = {}): void {
  const worker = buildIngestionWorker({
    name: 'test', sql: db.open('ingestion_worker'), store, queue, deadLetters, log: silent,
    receive: { concurrency: 2, receiveSeconds: 1 },
    limits: { maxRows: 1_000_000, maxRowBytes: 65_536, maxDecodedBytes: 1e9, maxPriceUsd: 1_000_000 },
    heartbeat: { visibilitySeconds: 30, maxSeconds: 600 },
    sweep: { everySeconds: 1, lostAfterSeconds: 30 },
    ...options,
  })
  worker.start()
  t.teardown(async () => {
    await worker.stopReceiving()
    await worker.releaseMessages()
    await worker.app.close()
  })
}
