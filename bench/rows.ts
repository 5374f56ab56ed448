// Measures the worker's JavaScript for a batch: read and validate, sort by month and lane, encode for COPY. `node bench/rows.ts`
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BatchPrices } from '../services/ingestion-worker/rows/output/batch-prices.ts'
import { encodeLedgerRows, lanesByMonth } from '../services/ingestion-worker/rows/output/ledger-rows.ts'
import { createRowReader, type RowFormat } from '../services/ingestion-worker/rows/read.ts'
import { rowRules } from '../services/ingestion-worker/rows/values/rules.ts'

const CHUNK_BYTES = 65_536
const rules = rowRules({ ports: portCodes(400), firstDay: '2020-12-01', lastDay: '2028-12-31', maxRows: 2_000_000 })

/** `months` is the range of the days. With one month the lanes are dense; with twelve nearly every row is a separate lane and day. */
type Case = { format: RowFormat, rows: number, runs: number, months: number }

const cases: Case[] = [
  { format: 'csv', rows: 50_000, runs: 20, months: 1 },
  { format: 'ndjson', rows: 50_000, runs: 20, months: 1 },
  { format: 'json', rows: 50_000, runs: 20, months: 1 },
  { format: 'csv', rows: 1_000_000, runs: 1, months: 1 },
  { format: 'csv', rows: 1_000_000, runs: 1, months: 12 },
]

// Each case runs in a separate process that reads the file from disk. Its first run is cold, and its memory is only that of the rows.
const given = process.env.BENCH_ROWS_CASE
if (given) {
  const { at, path } = JSON.parse(given) as { at: number, path: string }
  measure(cases[at]!, path)
} else {
  const folder = mkdtempSync(join(tmpdir(), 'bench-rows-'))
  const path = join(folder, 'rows')
  try {
    for (const [at, { format, rows, months }] of cases.entries()) {
      writeFileSync(path, fileContent(format, rows, months))
      const env = { ...process.env, BENCH_ROWS_CASE: JSON.stringify({ at, path }) }
      execFileSync(process.execPath, ['--expose-gc', ...process.execArgv, import.meta.filename], { stdio: 'inherit', env })
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function measure ({ format, rows, runs: times }: Case, path: string): void {
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  let peak = before
  const runs = Array.from({ length: times }, () => apply(format, path, () => { peak = Math.max(peak, process.memoryUsage.rss()) }))
  const { copied, laneMonths, bytes } = runs[0]!
  const megabytes = bytes / 1e6
  console.log(`${rows} rows, ${megabytes.toFixed(1)} MB ${format} → ${(copied / 1e6).toFixed(1)} MB COPY, ${laneMonths} lane-months`)
  report('first', runs[0]!, megabytes)
  if (times > 1) report('median', runs.slice(1).toSorted((a, b) => a.ms - b.ms)[times >> 1]!, megabytes)
  console.log(`  peak RSS + ${((peak - before) / 2 ** 20).toFixed(1)} MiB`)
}

function report (name: string, { ms, readMs, sortMs, encodeMs }: Times, megabytes: number): void {
  const parts = `read and collect ${readMs.toFixed(1)} ms, sort ${sortMs.toFixed(1)} ms, encode ${encodeMs.toFixed(1)} ms`
  console.log(`  ${name} ${ms.toFixed(1)} ms, ${(megabytes / ms * 1000).toFixed(0)} MB/s (${parts})`)
}

type Times = { ms: number, readMs: number, sortMs: number, encodeMs: number }

function apply (format: RowFormat, path: string, sample: () => void) {
  const prices = new BatchPrices(rules)
  let errors = 0
  const reader = createRowReader(format, rules, {
    price (orig, dest, day, cents) {
      prices.add(orig, dest, day, cents)
    },
    error () {
      errors++
    },
  })
  const file = openSync(path, 'r')
  const chunk = Buffer.alloc(CHUNK_BYTES)
  let [bytes, copied, readMs, laneMonths] = [0, 0, 0, 0]
  for (let length = readSync(file, chunk); length > 0; length = readSync(file, chunk)) {
    const start = performance.now() // the time of the disk is not counted
    reader.write(chunk.subarray(0, length))
    readMs += performance.now() - start
    bytes += length
    if (bytes % (64 * CHUNK_BYTES) === 0) sample()
  }
  closeSync(file)
  reader.end()
  const start = performance.now()
  const sorted = prices.sort()
  const sortMs = performance.now() - start
  sample()
  for (const buffer of encodeLedgerRows(rules.ports.codes, 1n, sorted)) copied += buffer.length
  for (const { origCodes } of lanesByMonth(rules.ports.codes, sorted)) laneMonths += origCodes.length / 5
  const encodeMs = performance.now() - start - sortMs
  sample()
  if (errors > 0) throw new Error(`${errors} errors in a valid file`)
  return { ms: readMs + sortMs + encodeMs, readMs, sortMs, encodeMs, bytes, copied, laneMonths }
}

/** Returns the same bytes every time: forty ports (all of them for several months) from 2021-01 on, prices of 100.00 to 9,999.99. */
function fileContent (format: RowFormat, rows: number, months: number): Uint8Array {
  const codes = months === 1 ? rules.ports.codes.slice(0, 40) : rules.ports.codes
  const file = Buffer.allocUnsafe(96 * rows + 64)
  let length = file.write(format === 'csv' ? 'orig_code,dest_code,day,price\n' : format === 'json' ? '[' : '')
  let seed = 1
  const random = (below: number): number => {
    seed = seed * 48271 % 0x7fffffff
    return seed % below
  }
  for (let row = 1; row <= rows; row++) {
    const at = random(codes.length)
    const orig = codes[at]!
    const dest = codes[(at + 1 + random(codes.length - 1)) % codes.length]!
    const day = `2021-${String(1 + random(months)).padStart(2, '0')}-${String(1 + random(28)).padStart(2, '0')}`
    const price = (10_000 + random(990_000)) / 100
    const line = format === 'csv' ? `${orig},${dest},${day},${price}` : JSON.stringify({ orig_code: orig, dest_code: dest, day, price })
    length += file.write(line + (format !== 'json' ? '\n' : row < rows ? ',' : ']'), length, 'latin1')
  }
  return file.subarray(0, length)
}

function portCodes (count: number): string[] {
  const letter = (value: number) => String.fromCharCode(65 + value % 26)
  return Array.from({ length: count }, (_, at) => `${letter(at)}${letter(at * 7)}${letter(at / 26 | 0)}${letter(at * 11)}${letter(at * 3)}`)
}
