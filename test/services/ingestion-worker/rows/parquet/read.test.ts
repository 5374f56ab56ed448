import t from 'tap'
import { FileRefused } from '../../../../../services/ingestion-worker/rows/file-refused.ts'
import { parquetFile, readTable } from './read-file.ts'

const files = [
  'pyarrow-encoded-nulls-1', 'pyarrow-encoded-nulls-2', 'pyarrow-groups', 'pyarrow-brotli', 'pyarrow-lz4', 'pyarrow-gzip', 'pyarrow-decimal-fixed', 'pyarrow-decimal-delta',
  'duckdb-v2', 'polars', 'fastparquet', 'spark3-legacy', 'types',
]

/** Numbers that look random, the same in each run. */
function * numbers (seed: number): Generator<number, never> {
  for (let state = seed; ; state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) yield state >>> 8
}

t.test('a damaged file is read or refused, and never fails otherwise', async t => {
  let refused = 0
  for (const name of files) {
    const file = parquetFile(name)
    const random = numbers(file.length)
    const next = (below: number): number => random.next().value % below
    for (let run = 0; run < 150; run++) {
      const damaged = Buffer.from(file)
      for (let changes = 1 + next(3); changes > 0; changes--) damaged[next(file.length)] = [0, 1, 127, 128, 255, next(256)][next(6)]!
      try {
        await readTable(run % 10 === 0 ? damaged.subarray(0, next(file.length)) : damaged)
      } catch (error) {
        if (!(error instanceof FileRefused)) throw error
        refused++
      }
    }
  }
  t.ok(refused > files.length * 75)
})
