import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { openReport } from '../../../../services/ingestion-worker/apply/report.ts'
import { fileError } from '../../../../services/ingestion-worker/rows/values/row-error.ts'
import { pipeline } from '../../../harness/pipeline.ts'

t.test('a report', async t => {
  const { store } = await pipeline(t)
  const write = async (id: string, errors: number, maxLines?: number) => {
    const report = openReport(store, id, maxLines)
    for (let row = 1; row <= errors; row++) {
      report.add({ ...fileError('malformed_price'), row, column: 'price', cells: [row] })
      if (row % 10 === 0) await report.flush()
    }
    await report.end()
    const stored = await store.openReport(id)
    const lines = stored && (await buffer(stored)).toString().trimEnd().split('\n').map(line => JSON.parse(line) as object)
    return { report, lines, causes: await store.readCauses(id) }
  }

  t.test('at most so many errors are written, and all are counted', async t => {
    const { report, lines, causes } = await write('a', 250, 25)
    t.equal(report.count, 250)
    t.equal(report.first.length, 100)
    t.notMatch(report.first, [{ cells: [1] }], 'the state of the batch has no cells')
    t.match(lines!.slice(0, 25).map(line => (line as { row: number }).row), Array.from({ length: 25 }, (_, at) => at + 1))
    t.match(lines!.slice(24), [
      { row: 25, cells: [25] },
      { row: 0, column: null, code: 'more_errors', message: 'The report has the first 25 of 250 errors' },
    ])
    t.equal(lines!.length, 26)
    t.match(causes, { version: 1, errors: 250, written: 25, causes: [{ code: 'malformed_price', column: 'price', count: 250 }] })
  })

  t.test('exactly so many errors: the report is complete', async t => {
    const { lines, causes } = await write('b', 25, 25)
    t.equal(lines!.length, 25)
    t.match(causes, { errors: 25, written: 25 })
  })

  t.test('no error: no report', async t => {
    const { lines, causes } = await write('c', 0)
    t.equal(lines, null)
    t.equal(causes, null)
  })
})
