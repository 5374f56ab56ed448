import t from 'tap'
import { isReached, summaryOf, tableOf, type Figure } from '../../../bench/measure/results.ts'

t.test('minimum, median and maximum have four significant digits', async t => {
  t.same(summaryOf([3, 1, 2]), { min: 1, median: 2, max: 3 })
  t.same(summaryOf([10, 1, 2, 3]), { min: 1, median: 2.5, max: 10 })
  t.same(summaryOf([1.000049, 12345.6]), { min: 1, median: 6173, max: 12350 })
  t.throws(() => summaryOf([]), RangeError)
})

t.test('an aim is a limit of the median, in either direction', async t => {
  t.equal(isReached({ median: 0.6, aim: '≤ 0.6' }), true)
  t.equal(isReached({ median: 0.61, aim: '≤ 0.6' }), false)
  t.equal(isReached({ median: 0.9, aim: '≥ 0.9' }), true)
  t.equal(isReached({ median: 0.89, aim: '≥ 0.9' }), false)
  t.equal(isReached({ median: 1, aim: null }), null)
})

t.test('the table has a line for each figure', async t => {
  const figure: Figure = {
    date: '2026-11-27T16:00Z', commit: 'abc1234', machine: '2 × CPU', node: '24.0.0', bench: 'apply', what: 'a ÷ b', min: 0.4, median: 0.7, max: 1, aim: '≤ 0.6', n: 3,
  }
  const lines = tableOf([figure, { ...figure, aim: null }]).split('\n').map(line => line.split(/\s{2,}/))
  t.same(lines, [
    ['what', 'min', 'median', 'max', 'aim reached'],
    ['apply: a ÷ b', '0.4', '0.7', '1', '≤ 0.6', 'NO'],
    ['apply: a ÷ b', '0.4', '0.7', '1'],
  ])
})
