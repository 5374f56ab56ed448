import { sampleCsv, shippedReference } from '../lib/sample/month.ts'
import { lanesCsv } from './measure/csv.ts'
import { openIngestionSystem } from './measure/ingestion-system.ts'
import { record } from './measure/results.ts'

/**
 * Measures the resident memory of a worker process: its maximum over a batch of 1,000,000 rows, and over ten more, one after the other. Another
 * process applies a batch of 5,000,000 rows on as many lane-months.
 */
const { startWorker, send, close } = await openIngestionSystem()
const million = firstRows(sampleCsv({ prices: 1_010_000, lanes: 5_000 }), 1_000_000)

let worker = await startWorker()
await send(million)
record('resident memory of a worker after a batch of 1,000,000 rows, MiB', [worker.peakMiB()], '≤ 200')
for (let left = 10; left > 0; left--) await send(million)
record('resident memory of a worker after ten more, MiB', [worker.peakMiB()], '≤ 200')
worker.stop()
worker = await startWorker()
await send(laneMonthsCsv(5_000_000))
record('resident memory of a worker after 5,000,000 rows on as many lane-months, MiB', [worker.peakMiB()])
worker.stop()
await close()

/** Returns a price for each of `count` lane-months, from January 2021 on. */
function laneMonthsCsv (count: number): string {
  const lanes = shippedReference().ports.length * (shippedReference().ports.length - 1)
  const months = Array.from({ length: Math.ceil(count / lanes) }, (_, at) => lanesCsv({
    lanes: Math.min(lanes, count - at * lanes), month: `${2021 + Math.floor(at / 12)}-${String(1 + at % 12).padStart(2, '0')}`,
  }))
  return months.map((csv, at) => at === 0 ? csv : csv.slice(csv.indexOf('\n') + 1)).join('')
}

function firstRows (csv: string, count: number): string {
  return `${csv.split('\n').slice(0, count + 1).join('\n')}\n`
}
