import { mergeAll } from '../../../lib/ledger/merge/merge-all.ts'
import { command } from '../command.ts'
import { afterMigration } from './migrated.ts'

/** Time between two lines of progress, in milliseconds. */
const progressMs = 10_000

export const mergeLedger = command({
  name: 'ledger merge',
  summary: 'Merges every lane and month that has two or more rows in unmerged_prices, and waits until none is left.',
  details: 'The workers merge from MERGE_MIN_ROWS rows on. The command runs beside them, in short transactions, and can be stopped at any time. While batches arrive, rows are left for as long as they do.',
  options: {},
  runs: 'task',
  async run ({ system }) {
    let printedAt = performance.now()
    const { rows, prices } = await afterMigration(mergeAll((await system()).sql(), ({ rows }) => {
      if (performance.now() - printedAt < progressMs) return
      printedAt = performance.now()
      console.log(`${rows} rows merged so far`)
    }))
    console.log(rows === 0
      ? 'Nothing was merged: no lane and month has two rows that are not merged.'
      : `Merged ${rows} rows with ${prices} prices. No lane and month has two rows that are not merged.`)
  },
})
