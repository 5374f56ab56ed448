import t from 'tap'
import { trimmed } from '../../../../../services/ingestion-worker/rows/table/trimmed.ts'

t.test('white space around a text is removed, and none in it', async t => {
  for (const [text, expected] of [['', ''], [' \t\u00a0\ufeff\u200b', ''], ['a', 'a'], ['\ufeff a\u202fb\u3000', 'a\u202fb'], ['\u0001a', '\u0001a'], ['é ', 'é']] as const) t.equal(trimmed(text), expected)
})

t.test('a long run of white space costs linear time', async t => {
  const text = `1${' '.repeat(30_000)}1`
  t.equal(trimmed(`${text} `), text)
})
