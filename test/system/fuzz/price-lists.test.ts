import fc from 'fast-check'
import t from 'tap'
import { checkFiles } from './price-lists/check-files.ts'
import { jsonFiles, writeJson } from './price-lists/json-file.ts'
import { readTextFile } from './price-lists/read-text-file.ts'
import { textFiles, writeTextFile } from './price-lists/text-file.ts'

/** Sizes of the chunks, which repeat. Most files come in one. */
const sizes = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 3 }) })

t.test('a text file is read exactly as its author means it, or refused', async t => {
  const counts = await checkFiles(fc.tuple(textFiles, sizes), 1, ([file, sizes]) => {
    const { bytes, verdict } = writeTextFile(file)
    const charset = file.encoding === 'windows-1252, declared' ? 'windows-1252' : undefined
    const shown = `${file.encoding}: ${JSON.stringify(bytes.toString(file.encoding.startsWith('utf-8') ? 'utf8' : 'latin1'))}`
    return { list: file.list, verdict, shown, outcome: readTextFile('csv', bytes, { charset }, sizes) }
  })
  t.comment(JSON.stringify(counts, null, 1))
})

t.test('a JSON file is read exactly as its author means it, or refused', async t => {
  const counts = await checkFiles(fc.tuple(jsonFiles, sizes), 0.2, ([file, sizes]) => {
    const { bytes, verdict } = writeJson(file)
    return { list: file.list, verdict, shown: bytes.toString(), outcome: readTextFile(file.format, bytes, {}, sizes) }
  })
  t.comment(JSON.stringify(counts, null, 1))
})
