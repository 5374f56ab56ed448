import t from 'tap'
import { trimmed } from '../../../../../services/ingestion-worker/rows/table/trimmed.ts'

t.test('white space around a text is removed, and none in it', async t => {
  for (const [text, expected] of [['', ''], [' \t\u00a0\ufeff\u200b', ''], ['a', 'a'], ['\ufeff a\u202fb\u3000', 'a\u202fb'], ['\u0001a', '\u0001a'], ['é ', 'é']] as const) t.equal(trimmed(text), expected)
})

t.test('a long text is no value, and is left as it is', async t => {
  const text = `1${' '.repeat(900)}1`
  t.equal(trimmed(`${text} `), text)
  t.equal(trimmed(`${text}${' '.repeat(100)}`).length, 1_002)
})
