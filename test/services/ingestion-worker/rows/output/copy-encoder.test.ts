import { once } from 'node:events'
import type { Writable } from 'node:stream'
import t from 'tap'
import { CopyEncoder } from '../../../../../services/ingestion-worker/rows/output/copy-encoder.ts'
import { parseDay } from '../../../../../services/ingestion-worker/rows/values/days.ts'
import { database } from '../../../../harness/database.ts'
import { ports, rules } from '../../../../harness/read-rows.ts'

// Every number of integer digits, with zero digits (to the base 10,000) in each place, and every kind of decimals.
const prices = [...new Set([
  '0.01', '0.10', '0.99', '1.00', '1154.00', '1154.33', '9999.00', '9999.99', '10000.00', '10000.01', '10001.00', '20000000.00', '100000000.00', '100000000.50',
  '100010000.00', '100000001.00', '1234567890.12', '9999999999.99', '9999000000.00', '21474836.46', '21474836.47', '21474836.48', '21474836.49',
  ...Array.from({ length: 10 }, (_, digits) => ['1', '9'].flatMap(digit => ['00', '05', '50'].map(cents => `${digit.repeat(digits + 1)}.${cents}`))).flat(),
])]
const days = ['2021-01-01', '2021-01-31', '2020-12-31', '2021-12-31']

t.test('PostgreSQL reads the binary tuples as it reads the text', async t => {
  const { migrator: sql } = await database(t)
  const rows = prices.map((price, at) => ({ orig: at % ports.length, dest: (at + 1) % ports.length, day: days[at % days.length]!, price }))
  const encoder = new CopyEncoder(rules, 2n ** 62n, 100)
  const copy = await sql`copy prices (orig_code, dest_code, day, price, batch_number) from stdin (format binary)`.writable()
  for (const { orig, dest, day, price } of rows) {
    encoder.append(orig, dest, parseDay(day), Number(price.replace('.', '')))
    for (let bytes = encoder.take(); bytes; bytes = encoder.take()) {
      await write(copy, bytes)
      bytes.fill(0) // The encoder does not use a buffer that it has given away.
    }
  }
  copy.end(encoder.finish())
  await once(copy, 'finish')

  const texts = rows.map(({ orig, dest, day, price }) => {
    return { orig_code: ports[orig]!, dest_code: ports[dest]!, day, price, batch_number: String(2n ** 62n) }
  })
  await sql`create table wanted (like prices)`
  await sql`insert into wanted ${sql(texts)}`
  // numeric_send gives the stored form, which equality does not compare: 1154 and 1154.00 are equal.
  const columns = sql`orig_code, dest_code, day, price::text, numeric_send(price) as sent, pg_column_size(price) as size, batch_number::text`
  const found = await sql`select ${columns} from prices order by price, day`
  const wanted = await sql`select ${columns} from wanted order by price, day`
  t.equal(found.length, prices.length)
  t.same([...found], [...wanted])
})

t.test('a file without rows', async t => {
  const { migrator: sql } = await database(t)
  const copy = await sql`copy prices (orig_code, dest_code, day, price, batch_number) from stdin (format binary)`.writable()
  copy.end(new CopyEncoder(rules, 1n).finish())
  await once(copy, 'finish')
  t.same(await sql`select count(*)::int from prices`, [{ count: 0 }])
})

t.test('buffers of the requested size, none lost and none sent twice', async t => {
  const complete = new CopyEncoder(rules, 7n, 1e6)
  const pieces = new CopyEncoder(rules, 7n, 500)
  const taken: Buffer[] = []
  t.equal(complete.take(), null)
  for (let cents = 1; cents < 1000; cents++) {
    for (const encoder of [complete, pieces]) encoder.append(0, 1, rules.firstDay, cents * 12_345)
    if (cents % 50 === 0) for (let bytes = pieces.take(); bytes; bytes = pieces.take()) taken.push(bytes)
  }
  t.ok(taken.length > 50)
  t.ok(taken.every(bytes => bytes.length >= 500 && bytes.length < 560))
  const expected = complete.finish()
  t.ok(expected.equals(Buffer.concat([...taken, pieces.finish()])))
})

async function write (copy: Writable, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => copy.write(bytes, error => error ? reject(error) : resolve()))
}
