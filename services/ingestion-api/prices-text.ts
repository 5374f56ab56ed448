import type { LanePrices } from '../../lib/ledger/batch-prices.ts'

const chunkChars = 65_536

export const toCsv = (lanes: AsyncIterable<LanePrices>): AsyncGenerator<string> =>
  text(lanes, 'orig_code,dest_code,day,price\n', (orig, dest, day, cents) => `${orig},${dest},${day},${(cents / 100).toFixed(2)}\n`)

export const toNdjson = (lanes: AsyncIterable<LanePrices>): AsyncGenerator<string> =>
  text(lanes, '', (orig, dest, day, cents) => `{"orig_code":"${orig}","dest_code":"${dest}","day":"${day}","price":${cents / 100}}\n`)

/** Yields the lines in chunks of about 64 KiB. */
async function * text (
  lanes: AsyncIterable<LanePrices>, header: string, line: (orig: string, dest: string, day: string, cents: number) => string
): AsyncGenerator<string> {
  let chunk = header
  for await (const { orig, dest, month, prices } of lanes) {
    for (const { day, cents } of prices) {
      chunk += line(orig, dest, `${month.slice(0, 8)}${String(day).padStart(2, '0')}`, cents)
      if (chunk.length < chunkChars) continue
      yield chunk
      chunk = ''
    }
  }
  if (chunk) yield chunk
}
