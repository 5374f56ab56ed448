import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import type { Check } from './check.ts'
import { send, usd, type Price, type Sending } from './batches.ts'
import { expectPrices } from './fixture.ts'

type Written = { body: string | Uint8Array, sending: Sending }

const objects = (prices: Price[]): string[] =>
  prices.map(({ orig, dest, day, cents }) => JSON.stringify({ orig_code: orig, dest_code: dest, day, price: cents / 100 }))

/** The same prices in each format that a provider may send. */
const forms: Record<string, (prices: Price[]) => Written> = {
  'CSV with byte order mark, CRLF, quotes, semicolons and its columns in another order': prices => ({
    body: '\uFEFF' + ['price;"day";dest_code;orig_code', ...prices.map(({ orig, dest, day, cents }) => `"${usd(cents)}";${day};"${dest}";${orig}`), ''].join('\r\n'),
    sending: { type: 'text/csv; charset=utf-8' },
  }),
  NDJSON: prices => ({ body: objects(prices).join('\n'), sending: { type: 'application/x-ndjson' } }),
  'JSON, compressed': prices => ({ body: gzipSync(`[${objects(prices).join(',\n')}]`), sending: { type: 'application/json', gzip: true } }),
}

export const formats: Check[] = Object.entries(forms).map(([name, write]) => ({
  name: `formats: ${name}`,
  async run ({ target, fixture }) {
    const lane = await fixture.lane()
    const prices = [101, 250, 333_333, 999_999].map((cents, index) => ({ ...lane, day: fixture.days[index % 2]!, cents }))
    const { body, sending } = write(prices)
    const { state, rows, first_errors: errors } = await send(target, body, sending)
    assert.deepEqual([state, rows], ['applied', 4], JSON.stringify(errors))
    await expectPrices(target, lane, fixture.days, prices)
  },
}))
