import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mediaTypes } from '../lib/batch/batch.ts'
import { sampleMonth, shippedReference, type SamplePrice } from '../lib/sample/month.ts'
import { freePort } from '../test/harness/free-port.ts'
import { workbookOf } from '../test/harness/price-files.ts'
import { openIngestionSystem } from './measure/ingestion-system.ts'
import { ratios, turns } from './measure/pairs.ts'
import { record } from './measure/results.ts'

/**
 * Measures workbooks of 500,000 prices in a worker process: the time from acceptance to commit, also as a ratio to a library that only reads the
 * rows, resident memory, and the delay of the event loop. `XLSX_LIBRARY` is the folder in which hucre is installed; without it there is no ratio.
 */
const rows = 500_000
const rounds = 5
const prices = firstPrices(rows)
const workbook = workbookOf(prices)
const folder = mkdtempSync(join(tmpdir(), 'bench-xlsx-'))
process.once('exit', () => rmSync(folder, { recursive: true }))
const path = join(folder, 'prices.xlsx')
writeFileSync(path, workbook)
const { startWorker, send, close } = await openIngestionSystem()

const libraryFolder = process.env.XLSX_LIBRARY
let { worker, longestDelayMs } = await startMeasured()
if (libraryFolder) {
  const library = createRequire(join(libraryFolder, 'package.json')).resolve('hucre')
  const readByLibrary = async (): Promise<number> => {
    const output = execFileSync(process.execPath, [join(import.meta.dirname, 'measure/library-rows.ts'), library, path], { encoding: 'utf8' })
    const { count, ms } = JSON.parse(output) as { count: number, ms: number }
    if (count !== rows + 1) throw new Error(`the library has read ${count} rows`)
    return ms
  }
  const { ours, library: alone } = await turns(rounds, { ours: () => send(workbook, mediaTypes.xlsx), library: readByLibrary })
  record('workbook of 500,000 prices, accepted → committed, ms', ours)
  record('workbook of 500,000 prices, read by the library alone, ms', alone)
  record('workbook of 500,000 prices, accepted → committed ÷ read by the library alone', ratios(ours, alone), '≤ 1.3')
} else {
  console.log('XLSX_LIBRARY is not set: the times are not compared with those of a library')
  const { ours } = await turns(rounds, { ours: () => send(workbook, mediaTypes.xlsx) })
  record('workbook of 500,000 prices, accepted → committed, ms', ours)
}
await finish('workbooks of 500,000 prices')
await sendAlone('a workbook of 50,000 prices and formatted rows up to the last one', withFormattedRows())
await sendAlone('a workbook of 64 MiB with 500,000 prices', withPicture())
await close()

async function startMeasured () {
  const metricsPort = await freePort()
  const worker = await startWorker({ METRICS_PORT: String(metricsPort), METRICS_HOST: '127.0.0.1' })
  const longestDelayMs = async (): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    return Number(/^nodejs_eventloop_lag_max_seconds(?:\{[^}]*\})? (\S+)/m.exec(text)![1]) * 1_000
  }
  await longestDelayMs() // begins a new period: the start of the process is not counted
  return { worker, longestDelayMs }
}

/** Records what a worker process has used for `what`, and ends it. */
async function finish (what: string): Promise<void> {
  record(`longest delay of the event loop of a worker, ${what}, ms`, [await longestDelayMs()], '≤ 200')
  record(`resident memory of a worker, ${what}, MiB`, [worker.peakMiB()], '≤ 250')
  worker.stop()
}

async function sendAlone (what: string, bytes: Uint8Array): Promise<void> {
  ({ worker, longestDelayMs } = await startMeasured())
  record(`${what}, accepted → committed, ms`, [await send(bytes, mediaTypes.xlsx)])
  await finish(what)
}

function firstPrices (count: number): SamplePrice[] {
  const list: SamplePrice[] = []
  for (let seed = 1; list.length < count; seed++) list.push(...sampleMonth(shippedReference(), { seed }))
  return list.slice(0, count)
}

/** A workbook whose rows have five formatted cells without a value each, after the prices up to the last row of a sheet. */
function withFormattedRows (): Uint8Array {
  const list = prices.slice(0, 50_000)
  const empty = Array.from({ length: 1_048_576 - list.length - 1 }, (_, at) => {
    const row = at + list.length + 2
    return `<row r="${row}" s="1" customFormat="1">${['A', 'B', 'C', 'D', 'E'].map(column => `<c r="${column}${row}" s="1"/>`).join('')}</row>`
  })
  return workbookOf(list, { emptyRows: empty })
}

/** A workbook as long as it may be: with a picture that cannot be packed. */
function withPicture (): Uint8Array {
  const room = 64 * 2 ** 20 - workbook.length - 1_024
  const picture = Buffer.alloc(room)
  for (let at = 0, value = 1; at + 4 <= room; at += 4) picture.writeUInt32LE(value = value * 1_664_525 + 1_013_904_223 >>> 0, at)
  return workbookOf(prices, { parts: { 'xl/media/image1.png': picture } })
}
