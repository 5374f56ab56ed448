import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sampleCsv } from '../lib/sample/month.ts'
import { checkout, thisCheckout } from './measure/checkout.ts'
import { ratios, turns } from './measure/pairs.ts'
import { record } from './measure/results.ts'

/** Measures how a worker reads plain CSV of 250,000 prices, as a ratio to release 0.3.0, which read no other CSV. */
const before = 'ee5e53e'
const times = 15
const folder = mkdtempSync(join(tmpdir(), 'bench-csv-'))
process.once('exit', () => rmSync(folder, { recursive: true }))
const path = join(folder, 'prices.csv')
writeFileSync(path, sampleCsv({ prices: 250_000, lanes: 2_000 }))
const old = checkout(before)

/** Runs a process for each turn, so that no reader finds the code of the other optimized. */
const readBy = async (root: string): Promise<number> => Number(execFileSync(process.execPath,
  ['--max-semi-space-size=1', join(import.meta.dirname, 'measure/read-csv.ts'), root, path, String(times)], { encoding: 'utf8' }))
const { now, then } = await turns(15, { now: () => readBy(thisCheckout), then: () => readBy(old) })
record('plain CSV of 250,000 prices, read by a worker, ms', now)
record('plain CSV of 250,000 prices, speed ÷ that of release 0.3.0', ratios(then, now), '≥ 0.97')
