import t from 'tap'
import { RowChecker } from '../../../../../services/ingestion-worker/rows/values/row-checker.ts'
import type { RowError } from '../../../../../services/ingestion-worker/rows/values/row-error.ts'
import { rules } from '../../../../harness/read-rows.ts'

const bytes = Buffer.from('CNGGZ,EETLL,2021-01-31,1154')
const spans = Int32Array.from([0, 5, 6, 11, 12, 22, 23, 27])

t.test('a row that is neither accepted nor has a fault ends the attempt: it would be lost without an error', async t => {
  const errors: RowError[] = []
  const checker = new RowChecker(rules, { price () {}, error (error) { errors.push(error) } })
  checker.nextRow()
  t.ok(checker.accept(bytes, spans))
  t.throws(() => checker.explain(bytes, spans, { bytes, start: 0, end: bytes.length }), { message: 'row 1 is neither accepted nor has it a fault' })
  t.same(errors, [])
})
