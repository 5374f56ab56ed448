import fc from 'fast-check'
import t from 'tap'
import { read } from '../../harness/read-rows.ts'
import { body, runs } from './inputs.ts'

t.test('for any file, the reader finishes, and each row is good or reported', async t => {
  let read_ = 0
  fc.assert(fc.property(body, fc.constantFrom('csv', 'ndjson', 'json' as const), fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 3 }), ({ content }, format, sizes) => {
    const { prices, errors, rowsSeen, stopped } = read(format, content, undefined, sizes)
    read_++
    const badRows = new Set(errors.filter(({ row }) => row > 0).map(({ row }) => row)).size
    if (!stopped && prices.length + badRows !== rowsSeen) throw new Error(`${rowsSeen} rows, ${prices.length} good, ${badRows} bad`)
    if (prices.length === 0 && errors.length === 0) throw new Error('neither a price nor an error')
    JSON.stringify(errors)
  }), runs(0.6))
  t.comment(`${read_} files`)
})
