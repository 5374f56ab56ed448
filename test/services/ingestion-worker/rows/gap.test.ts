// White space and blank lines between rows are skipped, up to a limit.
import t from 'tap'
import type { RowFormat } from '../../../../services/ingestion-worker/rows/read.ts'
import { brief, good, goodObject, goodPrice, header, read, rules, rulesWith } from '../../../harness/read-rows.ts'

const row = JSON.stringify(goodObject)
const tight = rulesWith({ maxGapBytes: 100 })
const files: Array<[what: string, format: RowFormat, around: (gap: string) => string, unit: string]> = [
  ['CSV, LF, between rows', 'csv', gap => header + good + gap + good, '\n'],
  ['CSV, CRLF, between rows', 'csv', gap => header + good + gap + good, '\r\n'],
  ['CSV, before the header', 'csv', gap => gap + header + good + good, '\n'],
  ['CSV, after the last row', 'csv', gap => header + good + good + gap, '\n'],
  ['NDJSON, blank lines', 'ndjson', gap => `${row}\n${gap}${row}\n`, '\n'],
  ['NDJSON, lines of space', 'ndjson', gap => `${row}\n${gap}${row}\n`, '    \t   \r\n'],
  ['NDJSON, after the last row', 'ndjson', gap => `${row}\n${row}\n${gap}`, '\n'],
  ['JSON, before the array', 'json', gap => `${gap}[${row},${row}]`, ' '],
  ['JSON, before an element', 'json', gap => `[${row},${gap}${row}]`, '\n'],
  ['JSON, before a comma', 'json', gap => `[${row}${gap},${row}]`, '\t'],
  ['JSON, after the array', 'json', gap => `[${row},${row}]${gap}`, ' '],
]

for (const [what, format, around, unit] of files) {
  t.test(what, async t => {
    const most = unit.repeat(Math.floor(100 / unit.length))
    for (const sizes of [[], [1], [7, 3]]) {
      const within = read(format, around(most), tight, sizes)
      t.same([within.prices, brief(within.errors)], [[goodPrice, goodPrice], []])
      const beyond = read(format, around(most + unit), tight, sizes)
      t.same(brief(beyond.errors), ['0 - gap_too_long'])
      t.ok(beyond.stopped)
    }
  })
}

t.test('the limit is for one gap: a row in between resets the count', async t => {
  const most = '\n'.repeat(100)
  t.same(read('csv', header + (most + good).repeat(3) + most, tight).errors, [])
  t.same(read('json', `[${[row, row, row].join(`${' '.repeat(50)},${' '.repeat(50)}`)}]`, tight).errors, [])
})

t.test('the default is 1 MiB', async t => {
  t.same(read('csv', header + good + '\n'.repeat(1_048_576)).errors, [])
  t.same(brief(read('csv', header + good + '\n'.repeat(1_048_577), rules, [65_536]).errors), ['0 - gap_too_long'])
})
