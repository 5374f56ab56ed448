import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { readParquet, type ParquetOptions, type ParquetSummary } from '../../../../../services/ingestion-worker/rows/parquet/read.ts'
import { longestBlock } from '../../../../harness/longest-block.ts'
import { craftFile, dataPage } from './craft-file.ts'
import { limits } from './read-file.ts'

const rows = 20_000
const file = craftFile({ type: 5, rows, pages: [dataPage(rows, 0, Buffer.alloc(rows * 8))] })

/** Reads one page of all rows. Each 1,000 rows, the sink computes for 10 ms. */
function read (options: Partial<ParquetOptions> = {}): Promise<ParquetSummary> {
  const source = { byteLength: file.length, slice: async (from: number, to: number) => file.subarray(from, to) }
  return readParquet(source, { limits, signal: new AbortController().signal, columns: names => names, ...options }, {
    row (_, row) {
      if (row % 1_000 === 0) for (const until = performance.now() + 10; performance.now() < until;);
    },
  })
}

t.test('a long page does not block the event loop', async t => {
  const { result, blockedMs } = await longestBlock(async () => {
    const summary = await read()
    await setImmediate() // measures the time since the last turn, too
    return summary
  })
  t.equal(result.rows, rows)
  t.ok(blockedMs < 100, `${blockedMs} ms`)
})

t.test('the reading waits after some rows, for as long as it is told to', async t => {
  const seen: number[] = []
  await read({ afterRows: async rows => { seen.push(rows) } })
  t.ok(seen.length > 1)
  t.equal(seen.at(-1), rows)
  await t.rejects(read({ afterRows: async () => { throw new Error('enough') } }), { message: 'enough' })
})

t.test('a signal ends the reading', async t => {
  const abort = new AbortController()
  const reading = read({ signal: abort.signal, afterRows: () => abort.abort() })
  await t.rejects(reading, { name: 'AbortError' })
})

t.test('an error of the sink is not an error of the file', async t => {
  const columns = (): never => { throw new RangeError('of the sink') }
  await t.rejects(read({ columns }), { name: 'RangeError', message: 'of the sink' })
})
