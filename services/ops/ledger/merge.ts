import { mergeAll } from '../../../lib/ledger/merge/merge-all.ts'
import { command } from '../command.ts'

export const mergeLedger = command({
  name: 'ledger merge',
  summary: 'Merges every lane and month that has two or more rows in unmerged_prices, and waits until none is left.',
  details: 'The workers merge from MERGE_MIN_ROWS rows on. The command runs beside them, in short transactions, and can be stopped at any time.',
  options: {},
  runs: 'task',
  async run ({ system }) {
    const { rows, prices } = await mergeAll((await system()).sql())
    console.log(`Merged ${rows} rows with ${prices} prices. No lane and month has two rows that are not merged.`)
  },
})
