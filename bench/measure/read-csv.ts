import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Reads a CSV file by the code of a checkout as often as asked, in chunks as they come from the store, and prints the median of the milliseconds.
 * Arguments: folder of the checkout, file, number of times.
 */
type Module = typeof import('../../services/ingestion-worker/rows/read.ts') & typeof import('../../services/ingestion-worker/rows/values/rules.ts') &
  typeof import('../../services/ingestion-worker/rows/output/batch-prices.ts')
const CHUNK_BYTES = 65_536
const [root, path, times] = process.argv.slice(2) as [string, string, string]
const load = (name: string): Promise<Module> => import(join(root, 'services/ingestion-worker/rows', name))
const [{ createRowReader }, { rowRules }, { BatchPrices }] = await Promise.all([load('read.ts'), load('values/rules.ts'), load('output/batch-prices.ts')])
const file = readFileSync(path)
const ports = [...new Set([...file.toString('latin1').matchAll(/^([A-Z0-9]{5}),([A-Z0-9]{5}),/gm)].flatMap(([, orig, dest]) => [orig!, dest!]))].sort()
const rules = rowRules({ ports, firstDay: '2020-12-01', lastDay: '2023-12-31', maxRows: 2_000_000 })

const elapsed = Array.from({ length: Number(times) }, () => {
  const prices = new BatchPrices(rules)
  let errors = 0
  const sink = { price: (orig: number, dest: number, day: number, cents: number) => prices.add(orig, dest, day, cents), error () { errors++ } }
  const began = performance.now()
  const reader = createRowReader('csv', rules, sink)
  for (let at = 0; at < file.length; at += CHUNK_BYTES) reader.write(file.subarray(at, at + CHUNK_BYTES))
  reader.end()
  const ms = performance.now() - began
  if (errors > 0 || prices.count === 0) throw new Error(`${errors} errors, ${prices.count} prices`)
  return ms
})
console.log(elapsed.sort((a, b) => a - b)[elapsed.length >> 1])
