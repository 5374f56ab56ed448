// Measures how a workbook is read: time, peak memory of the process, and the longest delay of its event loop. `node bench/xlsx.ts FILE [LIBRARY]`
// LIBRARY is the module of another reader to compare with: hucre, installed for the purpose.
import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { defaultXlsxLimits } from '../services/ingestion-worker/rows/xlsx/xlsx-limits.ts'
import { openXlsx } from '../services/ingestion-worker/rows/xlsx/xlsx.ts'

type Library = { streamXlsxRows: (bytes: Uint8Array) => AsyncIterable<{ values: unknown[] }> }

const [path, library] = process.argv.slice(2)
if (!path) throw new Error('usage: node bench/xlsx.ts FILE [LIBRARY]')
const bytes = readFileSync(path)
const other = library ? await import(library) as Library : null
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
const began = performance.now()
const rows = other ? await countRows(other) : await read()
const ms = performance.now() - began
await new Promise(resolve => setImmediate(resolve)) // a delay up to here is recorded now
delay.disable()
const peakMiB = process.resourceUsage().maxRSS / 1024
console.log(`${rows} rows, ${ms.toFixed(0)} ms, peak RSS ${peakMiB.toFixed(0)} MiB, longest delay of the event loop ${(delay.max / 1e6).toFixed(0)} ms`)

async function read (): Promise<number> {
  const sheet = await openXlsx(bytes, { limits: defaultXlsxLimits, hasHeader: () => true, signal: new AbortController().signal })
  return (await sheet.read({ row () {} })).rows
}

async function countRows ({ streamXlsxRows }: Library): Promise<number> {
  let count = 0
  for await (const { values } of streamXlsxRows(bytes)) if (values.some(value => value !== null)) count++
  return count
}
