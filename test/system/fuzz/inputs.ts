import fc from 'fast-check'

/** Number of inputs in total; `npm run fuzz` takes 100,000. `FUZZ_SEED` replays a run: fast-check prints the seed of a failure. */
export const inputs = Number(process.env.FUZZ_INPUTS ?? 1_500)
export const seed = Number(process.env.FUZZ_SEED ?? 20_210_131)

export const runs = (share: number): fc.Parameters<unknown> => ({ numRuns: Math.ceil(inputs * share), seed, endOnFailure: true })

const codes = fc.constantFrom('CNGGZ', 'EETLL', 'cnggz', 'north_europe_main', 'china_main', 'NORTH_EUROPE_MAIN', 'XXXXX', 'no_such_region', 'CNSGHH')
const days = fc.constantFrom('2021-01-01', '2021-01-31', '2021-02-29', '2020-02-29', '0000-01-01', '9999-12-31', '2021-1-1', '2021-13-01', '20210101')
const nasty = fc.constantFrom('', ' ', '%00', '\0', '%', '_', "' OR 1=1--", '1e9', '-1', '[]', '{}', '__proto__', 'constructor', 'null', '\ufeff', '\ud800', '９', 'x'.repeat(5_000))
export const text = fc.oneof(codes, days, nasty, fc.string(), fc.string({ unit: 'binary' }), fc.integer().map(String))

const header = fc.constantFrom('orig_code,dest_code,day,price', 'price;day;dest_code;orig_code', 'orig_code,dest_code,day', '"orig_code",dest_code,day,price')
const price = fc.oneof(fc.integer({ min: -5, max: 5_000 }).map(String), fc.constantFrom('1.5', '1.005', '1e3', '99999999999', '', 'NaN'), text)
const row = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(
      fc.constantFrom('CNGGZ', 'CNSGH', 'eetll'), fc.constantFrom('EETLL', 'DEHAM'), fc.constant('2021-01-05'), fc.nat(9_999).map(n => String(n + 1))),
  },
  { weight: 1, arbitrary: fc.tuple(text, text, text, price) })
const csv = fc.tuple(header, fc.array(row, { maxLength: 12 })).map(([head, rows]) => [head, ...rows.map(values => values.join(','))].join('\n'))
const number = fc.oneof(price, fc.double(), fc.integer())
const object = fc.record({ orig_code: text, dest_code: text, day: text, price: number }, { requiredKeys: [] })
const objects = fc.array(fc.oneof(object, fc.jsonValue()), { maxLength: 8 })

/** Bodies that are nearly right, and arbitrary bytes. */
export const body = fc.oneof(
  csv.map(content => ({ type: 'text/csv', content: Buffer.from(content) })),
  objects.map(list => ({ type: 'application/json', content: Buffer.from(JSON.stringify(list)) })),
  objects.map(list => ({ type: 'application/x-ndjson', content: Buffer.from(list.map(each => JSON.stringify(each)).join('\n')) })),
  fc.tuple(fc.constantFrom('text/csv', 'application/json', 'application/x-ndjson', 'text/plain', ''), fc.uint8Array({ maxLength: 200 }))
    .map(([type, bytes]) => ({ type, content: Buffer.from(bytes) })))

/** Generates a query string of known and unknown names, repeated or not, encoded or raw. */
export const query = (names: string[]): fc.Arbitrary<string> => fc.array(
  fc.tuple(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: text }), text, fc.boolean()),
  { maxLength: 6 })
  .map(pairs => pairs.map(([name, value, raw]) => `${encode(name)}=${raw ? value.replace(/[^!-~]|[#&]/g, '') : encode(value)}`).join('&'))

const encode = (value: string): string => encodeURIComponent(value.toWellFormed())
