import { zipSync } from 'fflate'
import { setTimeout as pause } from 'node:timers/promises'
import { mediaTypes } from '../../../lib/batch/batch.ts'
import { parquetOf, workbookOf } from '../../harness/price-files.ts'
import type { SamplePrice } from '../../../lib/sample/month.ts'
import type { Failure } from './load.ts'
import { csv, pricesToSend } from './prices.ts'
import type { Sent } from './sent.ts'

/** The provider that sends files of new formats by the new release while the workers are old. */
export const fileSender = 'file-sender'

type File = { type: string, query?: string, body: Uint8Array }

const german = (prices: readonly SamplePrice[]): string => `POL;POD;Gültig;Rate\n${prices.map(({ orig_code: orig, dest_code: dest, day, price }) =>
  `${orig};${dest};${day.split('-').reverse().join('.')};${price.toFixed(2).replace('.', ',')}\n`).join('')}`

/** Files that need a manifest of version 3, by their name. */
const files: Record<string, (prices: SamplePrice[]) => File> = {
  workbook: prices => ({ type: mediaTypes.xlsx, body: workbookOf(prices) }),
  Parquet: prices => ({ type: mediaTypes.parquet, body: parquetOf(prices) }),
  ZIP: prices => ({ type: mediaTypes.zip, body: zipSync({ 'prices.csv': Buffer.from(csv(prices)) }) }),
  'CSV with a profile': prices => ({ type: 'text/csv', query: '?profile=german', body: Buffer.from(german(prices)) }),
  'CSV in Windows-1252': prices => ({ type: 'text/csv; charset=windows-1252', query: '?profile=german', body: Buffer.from(german(prices), 'latin1') }),
}

/**
 * Sends files of each new format to an ingestion API of the new release while only old workers run, as before a deployment or after a rollback. An
 * old worker hands them back, and none becomes final. Resolves with a function that waits until new workers have applied them. Adds to `sent` and
 * `failures`.
 */
export async function sendFilesBesideOldWorkers (
  api: string, key: string, output: () => string, sent: Sent[], failures: Failure[]
): Promise<() => Promise<void>> {
  const prices = pricesToSend()
  const rows = 60

  async function request (path: string, method: 'GET' | 'POST' | 'PUT', status: number, file?: File): Promise<{ id: string, state: string }> {
    const response = await fetch(api + path, {
      method, body: (file?.body ?? null) as Uint8Array<ArrayBuffer> | null,
      headers: { authorization: `Bearer ${key}`, ...(file ? { 'content-type': file.type } : {}) },
    })
    const text = await response.text()
    if (response.status !== status) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 200)}`)
    return JSON.parse(text)
  }
  const stateOf = async (id: string): Promise<string> => (await request(`/batches/${id}`, 'GET', 200)).state

  await request('/profiles/german', 'PUT', 201, { type: 'application/json', body: Buffer.from('{"columns":{"day":"Gültig"}}') })
  const batches: Sent[] = []
  for (const file of Object.values(files)) {
    const { type, query = '', body } = file(Array.from({ length: rows }, () => prices.next().value))
    const { id } = await request(`/batches${query}`, 'POST', 202, { type, body })
    batches.push({ id, provider: fileSender, rows, state: 'applied' })
  }
  sent.push(...batches)
  // The messages of a provider are handed over in order, so the first batch stands for the others.
  while (!output().split('\n').some(line => line.includes(batches[0]!.id) && line.includes('batch of a newer release'))) await pause(100)
  const states = await Promise.all(batches.map(({ id }) => stateOf(id)))
  if (states.some(state => state !== 'queued')) {
    failures.push({ at: new Date().toISOString(), kind: 'files beside old workers', text: `${states.join()}: not all are queued` })
  }
  return async () => {
    for (const batch of batches) while (await stateOf(batch.id) !== batch.state) await pause(100)
  }
}
