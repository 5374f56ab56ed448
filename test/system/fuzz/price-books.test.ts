import { zipSync } from 'fflate'
import t from 'tap'
import { checkFiles } from './price-lists/check-files.ts'
import { parquetFiles, writeParquet } from './price-lists/parquet-file.ts'
import { readBook } from './price-lists/read-book.ts'
import { textFiles, writeTextFile } from './price-lists/text-file.ts'
import { books } from './price-lists/workbook.ts'
import { writeBook } from './price-lists/write-book.ts'

t.test('a workbook is read exactly as its author means it, or refused', async t => {
  const counts = await checkFiles(books, 0.02, async book => {
    const { bytes, verdict, shown } = writeBook(book)
    return { list: book.list, verdict, outcome: await readBook('xlsx', bytes), shown }
  })
  t.comment(JSON.stringify(counts, null, 1))
})

t.test('a Parquet file is read exactly as its author means it, or refused', async t => {
  const counts = await checkFiles(parquetFiles, 0.02, async file => {
    const { bytes, verdict } = writeParquet(file)
    return { list: file.list, verdict, outcome: await readBook('parquet', bytes), shown: Buffer.from(bytes).toString('base64') }
  })
  t.comment(JSON.stringify(counts, null, 1))
})

t.test('a text file in a ZIP file is read as without it', async () => {
  await checkFiles(textFiles.filter(({ encoding }) => encoding !== 'windows-1252, declared'), 0.005, async file => {
    const { bytes, verdict } = writeTextFile(file)
    return { list: file.list, verdict, outcome: await readBook('zip', zipSync({ 'prices.csv': bytes })), shown: JSON.stringify(bytes.toString('latin1')) }
  })
})
