import { parentPort, Worker, workerData } from 'node:worker_threads'
import { once } from 'node:events'
import { openDatabase } from '../../lib/postgres/database.ts'

/**
 * Commits small transactions that lock the row of positions, one after the other, in a thread of its own: a busy event loop delays none. `longest`
 * returns the duration of the longest one since the last call, in ms.
 */
export function startCommits (url: string) {
  const worker = new Worker(new URL(import.meta.url), { workerData: url })
  return {
    async longest (): Promise<number> {
      worker.postMessage('longest')
      const [ms] = await once(worker, 'message') as [number]
      return ms
    },
    stop: async () => { await worker.terminate() },
  }
}

if (parentPort) {
  const sql = openDatabase({ url: workerData as string, process: 'bench', poolSize: 1 })
  let longest = 0
  parentPort.on('message', () => {
    parentPort!.postMessage(longest)
    longest = 0
  })
  for (;;) {
    const startedAt = performance.now()
    await sql`update ledger_position set at = greatest(at, clock_timestamp())`
    longest = Math.max(longest, performance.now() - startedAt)
  }
}
