import t from 'tap'
import { storable, understoodMaxBytes, type Understood } from '../../../lib/batch/understood.ts'
import { database } from '../../harness/database.ts'

const of = (changes: Partial<Understood>): Understood => ({
  format: 'xlsx', rows: 0, prices: 0, first_day: null, last_day: null, lowest_price: null, highest_price: null, first_prices: [], skipped: [], ...changes,
})

t.test('every text can be stored as jsonb', async t => {
  const sql = (await database(t)).migrator
  for (const sheet of ['a\0b', 'a\ud800', `${'x'.repeat(199)}\u{1f6a2}`]) {
    const [{ stored }] = await sql<[{ stored: Understood }]>`select ${sql.json(storable(of({ sheet })) as never)}::jsonb as stored`
    t.ok(stored.sheet!.length <= 200 && stored.sheet!.isWellFormed(), sheet.slice(0, 10))
  }
})

t.test('the size is bounded', async t => {
  const skipped = Array.from({ length: 200 }, (_, count) => ({ what: '\u0001'.repeat(200), count }))
  const bounded = storable(of({ skipped }))
  t.ok(Buffer.byteLength(JSON.stringify(bounded)) <= understoodMaxBytes)
  t.ok(bounded.skipped.length > 0)
})
