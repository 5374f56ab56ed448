import { sampleCsv } from '../lib/sample/month.ts'
import { checkout, thisCheckout } from './measure/checkout.ts'
import { ratios, turns } from './measure/pairs.ts'
import { csvReaderOf } from './measure/read-csv.ts'
import { record } from './measure/results.ts'

/**
 * Measures how a worker reads plain CSV of 250,000 prices, as a ratio to release 0.3.0, which read no other CSV. Each turn is a single reading in one
 * process, because the speed of a shared machine changes within a second.
 */
const before = 'ee5e53e'
const file = Buffer.from(sampleCsv({ prices: 250_000, lanes: 2_000 }))
const [now, then] = [await csvReaderOf(thisCheckout, file), await csvReaderOf(checkout(before), file)]
for (let warmUp = 0; warmUp < 10; warmUp++) {
  now()
  then()
}
const times = await turns(301, { now: async () => now(), then: async () => then() })
record('plain CSV of 250,000 prices, read by a worker, ms', times.now)
record('plain CSV of 250,000 prices, speed ÷ that of release 0.3.0', ratios(times.then, times.now), '≥ 0.97')
