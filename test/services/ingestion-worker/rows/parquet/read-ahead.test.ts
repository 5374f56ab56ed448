import t from 'tap'
import { ReadAhead } from '../../../../../services/ingestion-worker/rows/parquet/read-ahead.ts'

const MiB = 1024 ** 2

function open (byteLength: number) {
  const ranges: Array<[number, number]> = []
  const file = new ReadAhead({
    byteLength,
    slice: async (from, to) => {
      ranges.push([from, to])
      return new Uint8Array(to - from).fill(from % 251)
    },
  })
  return { file, ranges }
}

t.test('a small file is one range', async t => {
  const { file, ranges } = open(1_000)
  await file.read(0, 1_000)
  await file.read(100, 200)
  await file.read(990, 1_000)
  t.strictSame(ranges, [[0, 1_000]])
  t.strictSame([file.requests, file.bytesRead], [1, 1_000])
})

t.test('neighbours are read ahead, up to the end of the file', async t => {
  const { file, ranges } = open(5 * MiB)
  t.equal((await file.read(4, 10)).length, 6)
  await file.read(10, 2 * MiB)
  await file.read(5 * MiB - 10, 5 * MiB)
  t.strictSame(ranges, [[4, 4 + 4 * MiB], [5 * MiB - 10, 5 * MiB]])
})

t.test('each cursor keeps its window, and a window is as long as a page', async t => {
  const { file, ranges } = open(1_000 * MiB)
  file.setCursors(4)
  const places = [0, 100, 200, 300].map(place => place * MiB)
  for (const place of places) await file.read(place, place + 10)
  for (const place of places) await file.read(place + 10, place + MiB)
  t.equal(ranges.length, 4)
  t.ok(ranges.every(([from, to]) => to - from <= 4 * MiB))
  await file.read(places[0]!, places[0]! + 64 * MiB)
  t.strictSame(ranges.at(-1), [0, 64 * MiB])
})

t.test('the windows of many cursors are short', async t => {
  const { file, ranges } = open(1_000 * MiB)
  file.setCursors(200)
  await file.read(0, 1)
  t.strictSame(ranges, [[0, MiB / 8]])
})

t.test('a range that is not complete is an error of the store', async t => {
  const file = new ReadAhead({ byteLength: 10, slice: async () => new Uint8Array(3) })
  await t.rejects(file.read(0, 10), { message: 'The file has 3 bytes from 0 to 10' })
})
