import t from 'tap'
import { longestBlock } from '../../../../harness/longest-block.ts'
import { craftFile, dataPage } from './craft-file.ts'
import { parquetFile, readTable } from './read-file.ts'

const rows = 1_000_000
/** A million values of DOUBLE in one page, without compression. */
const large = craftFile({ type: 5, rows, pages: [dataPage(rows, 0, Buffer.alloc(rows * 8))] })

t.test('a long page does not block the event loop', async t => {
  const { result, blockedMs } = await longestBlock(() => readTable(large))
  t.equal(result.rows.length, rows)
  t.ok(blockedMs < 200, `${blockedMs} ms`)
})

t.test('the reading waits after some rows, for as long as it is told to', async t => {
  const seen: number[] = []
  await readTable(large, { afterRows: async rows => { seen.push(rows) } })
  t.ok(seen.length > 1)
  t.equal(seen.at(-1), rows)
  await t.rejects(readTable(large, { afterRows: async () => { throw new Error('enough') } }), { message: 'enough' })
})

t.test('a signal ends the reading', async t => {
  const abort = new AbortController()
  const reading = readTable(large, { signal: abort.signal, afterRows: () => abort.abort() })
  await t.rejects(reading, { name: 'AbortError' })
})

t.test('an error of the sink is not an error of the file', async t => {
  const file = parquetFile('polars')
  const columns = (): never => { throw new RangeError('of the sink') }
  await t.rejects(readTable(file, { columns }), { name: 'RangeError', message: 'of the sink' })
})
