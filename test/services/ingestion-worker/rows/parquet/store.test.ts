import { Readable } from 'node:stream'
import t from 'tap'
import { openStore } from '../../../../../lib/batch/store/store.ts'
import { readParquet } from '../../../../../services/ingestion-worker/rows/parquet/read.ts'
import { aws } from '../../../../harness/aws.ts'
import { limits, parquetFile } from './read-file.ts'

t.test('a payload in the store is read by ranges', async t => {
  const { s3, bucket } = await aws(t)
  const store = openStore(s3, bucket)
  const content = parquetFile('pyarrow-groups')
  const payload = await store.putStream('incoming/demo/1', Readable.from([content]), 'application/vnd.apache.parquet')
  const { signal } = new AbortController()
  const file = { byteLength: content.length, slice: (from: number, to: number) => store.readRange(payload, from, to, signal) }
  let last = 0
  const summary = await readParquet(file, { limits, signal, columns: names => names }, { row (_, row) { last = row } })
  t.equal(last, 600)
  t.match(summary, { rows: 600, rowGroups: 4, requests: 1, bytesRead: content.length })
  await store.deletePayload(payload)
  await t.rejects(readParquet(file, { limits, signal, columns: names => names }, { row () {} }), { name: /^NoSuch(Key|Version)$/ })
})
