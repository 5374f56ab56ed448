import { join } from 'node:path'
import type { RowRules } from '../../services/ingestion-worker/rows/values/rules.ts'

type Module = typeof import('../../services/ingestion-worker/rows/read.ts') & typeof import('../../services/ingestion-worker/rows/values/rules.ts') &
  typeof import('../../services/ingestion-worker/rows/output/batch-prices.ts')
const CHUNK_BYTES = 65_536

/** Loads the reader of a checkout. Resolves to a function that reads a CSV file in chunks, as from the store, and returns the time in ms. */
export async function csvReaderOf (root: string, file: Buffer): Promise<() => number> {
  const load = (name: string): Promise<Module> => import(join(root, 'services/ingestion-worker/rows', name))
  const [{ createRowReader }, { rowRules }, { BatchPrices }] = await Promise.all([load('read.ts'), load('values/rules.ts'), load('output/batch-prices.ts')])
  const rules: RowRules = rowRules({ ports: portsIn(file), firstDay: '2020-12-01', lastDay: '2023-12-31', maxRows: 2_000_000 })
  return () => {
    const prices = new BatchPrices(rules)
    let errors = 0
    const began = performance.now()
    const reader = createRowReader('csv', rules, {
      price (orig, dest, day, cents) { prices.add(orig, dest, day, cents) },
      error () { errors++ },
    })
    for (let at = 0; at < file.length; at += CHUNK_BYTES) reader.write(file.subarray(at, at + CHUNK_BYTES))
    reader.end()
    const ms = performance.now() - began
    if (errors > 0 || prices.count === 0) throw new Error(`${errors} errors, ${prices.count} prices`)
    return ms
  }
}

const portsIn = (file: Buffer): string[] =>
  [...new Set([...file.toString('latin1').matchAll(/^([A-Z0-9]{5}),([A-Z0-9]{5}),/gm)].flatMap(([, orig, dest]) => [orig!, dest!]))].sort()
