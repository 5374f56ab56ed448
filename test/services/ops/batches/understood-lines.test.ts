import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Understood } from '../../../../lib/batch/understood.ts'
import { skippedLines, spanLines } from '../../../../services/ops/batches/understood-lines.ts'

const understood: Understood = {
  format: 'xlsx', rows: 3, prices: 3, first_day: '2021-01-31', last_day: '2021-02-01', lowest_price: 970, highest_price: 1154.1, first_prices: [], skipped: [],
}
const linesOf = (skipped: Array<[what: string, count: number]>): string[] =>
  skippedLines({ ...understood, skipped: skipped.map(([what, count]) => ({ what, count })) })

t.test('what was not read has a line, unless it has no prices in any file', async t => {
  t.same(linesOf([
    ['hidden rows', 10_000], ['hidden columns', 1], ['hidden sheet Old', 1], ['other sheet Rates\u001b[2J', 1], ['cells filled from a merged cell above', 12],
    ['sheets of another kind', 2],
  ]), [
    'not read: 10,000 hidden rows', 'not read: 1 hidden column', 'not read: hidden sheet Old', 'not read: other sheet Rates [2J', '12 cells filled from a merged cell above',
    'not read: 2 sheets of another kind',
  ])
  t.same(linesOf([['cells filled from a merged cell above', 1]]), ['1 cell filled from a merged cell above'])
  const harmless = ['rows before the header', 'empty rows', 'lines before the header', 'blank lines']
  t.same(linesOf([...harmless, 'chart sheet Chart'].map(what => [what, 3])), [])
  const producers = ['describe-table.ts', 'describe-text.ts', '../apply/files/read-workbook.ts']
    .map(path => readFileSync(new URL(`../../../../services/ingestion-worker/rows/${path}`, import.meta.url), 'utf8')).join('\n')
  for (const what of [...harmless, 'hidden rows', 'hidden columns', 'cells filled from a merged cell above']) t.match(producers, `'${what}'`, 'a worker writes it so')
})

t.test('the days and the prices', async t => {
  t.same(spanLines(understood), ['days: 2021-01-31 to 2021-02-01, prices: 970.00 to 1,154.10 USD'])
  t.same(spanLines({ ...understood, last_day: '2021-01-31', highest_price: 970 }), ['days: 2021-01-31, prices: 970.00 USD'])
  t.same(spanLines({ ...understood, first_day: null, last_day: null, lowest_price: null, highest_price: null }), [])
})
