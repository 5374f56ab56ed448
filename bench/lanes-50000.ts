import { openBench } from './measure/appliers.ts'
import { checkout, releaseBefore, thisCheckout } from './measure/checkout.ts'
import { lanesCsv } from './measure/csv.ts'
import { ratios, turns } from './measure/pairs.ts'
import { record } from './measure/results.ts'

/**
 * Compares a batch of 50,000 rows on as many lanes with the release before, whose code runs in a process of its own on a database of its own.
 * Each round has its own month: the lanes are new in the month for the first batch, and had a price before for the second.
 */
const rounds = 5
const bench = await openBench()
const [ours, theirs] = [await bench.applier(thisCheckout, 'ours'), await bench.applier(checkout(releaseBefore), 'theirs')]
const files = Array.from({ length: rounds + 1 }, (_, at) => {
  const month = `2021-${String(at + 1).padStart(2, '0')}`
  return [1, 2].map(day => bench.file(`${month}-${day}.csv`, lanesCsv({ lanes: 50_000, month, day })))
})
const queued = { ours: files.flat(), theirs: files.flat() }
const next = (applier: typeof ours, name: 'ours' | 'theirs') => async () => {
  await applier.prepare(queued[name].shift()!)
  return await applier.apply()
}
const { ours: our, theirs: their } = await turns(2 * rounds + 1, { ours: next(ours, 'ours'), theirs: next(theirs, 'theirs') })
// The uncounted round is the first batch of the first month, so that the odd values are of lanes that are new.
for (const [at, name] of ['lanes that had a price in the month', 'lanes new in the month'].entries()) {
  const [mine, other] = [our, their].map(each => each.filter((_, round) => round % 2 === at)) as [number[], number[]]
  record(`apply 50,000 rows on 50,000 ${name}, ms`, mine)
  record(`apply 50,000 rows on 50,000 ${name} ÷ release before (${releaseBefore})`, ratios(mine, other), '≤ 1')
}
await bench.remove()
