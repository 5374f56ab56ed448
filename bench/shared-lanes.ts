import { openDatabase } from '../lib/postgres/database.ts'
import { openBench } from './measure/appliers.ts'
import { checkout, releaseBefore, thisCheckout } from './measure/checkout.ts'
import { lanesCsv } from './measure/csv.ts'
import { ratios, turns } from './measure/pairs.ts'
import { record } from './measure/results.ts'

/**
 * Measures batches of 8 providers at once: two processes with 4 slots each, which apply batches as the worker does, on 2 cores. A batch has
 * 57,000 prices of 712 lanes. Each candidate has a database of its own: the same lanes without merging, different lanes without merging, and
 * the same lanes with merging in each process, which goes on in the next turn where it stopped. The release before takes part with fewer batches.
 */
const [rounds, providers, rows] = [3, 8, 712 * 80]
const bench = await openBench({ autovacuum: 'off' })
const files = Array.from({ length: providers }, (_, at) => bench.file(`${at}.csv`, lanesCsv({ lanes: 712, prices: 80, firstLane: at * 712 })))
const before = checkout(releaseBefore)
const merged = openDatabase({ url: bench.server.url('migrator', 'merging'), process: 'bench', poolSize: 1, statementTimeoutMs: 0 })
const most: number[] = []

const values = await turns(rounds, {
  same: await candidate(thisCheckout, 'same', 16),
  different: await candidate(thisCheckout, 'different', 16),
  merging: watched(await candidate(thisCheckout, 'merging', 16)),
  'before, same': await candidate(before, 'before_same', 1),
  'before, different': await candidate(before, 'before_different', 1),
})
record('8 providers on the same lanes, merging off, rows/s', values.same)
record('8 providers on the same lanes ÷ on different lanes, rows/s', ratios(values.same, values.different), '≥ 0.9')
record(`8 providers on the same lanes ÷ on different lanes, rows/s, release before (${releaseBefore})`, ratios(values['before, same'], values['before, different']))
record('8 providers on the same lanes, merging on ÷ off, rows/s', ratios(values.merging, values.same), '≥ 0.75')
record("most rows of a lane's month meanwhile, looked at each second, in all turns", [Math.max(...most)], '≤ 64')
await merged.end()
await bench.remove()

/** Returns a turn: all providers send `batches` batches each. Resolves to rows a second. */
async function candidate (root: string, database: string, batches: number): Promise<() => Promise<number>> {
  const appliers = [await bench.applier(root, database, 4), await bench.applier(root, database, 4)]
  return async () => {
    for (const at of files.keys()) {
      await appliers[at % 2]!.prepare(files[database.endsWith('different') ? at : 0]!, batches, `provider-${at}`)
    }
    return providers * batches * rows / Math.max(...await Promise.all(appliers.map(applier => applier.apply(database === 'merging')))) * 1_000
  }
}

/** Counts the rows of the lanes while the turn runs. */
function watched (turn: () => Promise<number>): () => Promise<number> {
  return async () => {
    const timer = setInterval(async () => {
      const [row] = await merged<[{ rows: number }]>`
        select coalesce(max(rows), 0)::int as rows from (select count(*) as rows from unmerged_prices group by kind, month, orig_code, dest_code) as lane`
      most.push(row.rows)
    }, 1_000)
    return await turn().finally(() => clearInterval(timer))
  }
}
