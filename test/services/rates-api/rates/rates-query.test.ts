import t, { type Test } from 'tap'
import { load, prices } from '../../../harness/prices.ts'
import { errorsOf, ratesApi, type TestRatesApi } from '../../../harness/rates-api.ts'

/** Input cases that services of this kind have met. The numbers are those of the list in which they were collected. */
const good = { date_from: '2021-01-29', date_to: '2021-01-31', orig_code: 'CNGGZ', dest_code: 'EETLL' }
const lane = prices('CNGGZ EETLL 2021-01-31: 1118 1191 1154', 'CNGGZ EETLL 2021-01-30: 1163 1140')
const expected = [
  { day: '2021-01-31', count: 3, price: 1154.3333333333333 },
  { day: '2021-01-30', count: 2, price: null },
  { day: '2021-01-29', count: null, price: null },
]

/** Asserts that every query is refused with exactly these errors. */
function refuses (name: string, errors: string[], ...queries: Array<Record<string, unknown> | string>): void {
  t.test(name, async t => {
    for (const query of queries) {
      const result = await api.get('/rates', typeof query === 'string' ? query : { ...good, ...query })
      const what = JSON.stringify(query).slice(0, 100)
      t.match(result, { status: 400, headers: { 'content-type': 'application/problem+json' }, body: { type: '/problems/invalid-parameters', status: 400 } }, what)
      t.strictSame(errorsOf(result), errors, what)
    }
  })
}

const each = (parameter: string, values: string[]) => values.map(value => ({ [parameter]: value }))
let api: TestRatesApi
t.before(async () => {
  api = await ratesApi(t as Test)
  await load(api.db.migrator, lane)
})

t.test('a valid query', async t => {
  t.match(await api.get('/rates', good), { status: 200, body: { rates: expected } })
})

for (const name of Object.keys(good)) {
  const rest = Object.entries(good).filter(([other]) => other !== name).map(pair => pair.join('='))
  refuses(`1: ${name} missing`, [`${name} missing`], rest.join('&'))
  refuses(`1: ${name} empty`, [`${name} empty`], { [name]: '' })
  refuses(`21: ${name} repeated`, [`${name} repeated`], [...rest, `${name}=${good[name as keyof typeof good]}`, `${name}=x`].join('&'))
}
refuses('1: all missing', ['date_from missing', 'date_to missing', 'orig_code missing', 'dest_code missing'], '')
refuses('every wrong parameter is named', ['date_from malformed', 'date_to not_a_day', 'orig_code empty', 'dest_code repeated', 'limit unknown'],
  'date_from=x&date_to=2021-02-30&orig_code=&dest_code=A&dest_code=B&limit=3')

const noDates = ['string_value', 'abc', 'yesterday', '123', '1609459200.5', '207', '2021-01-31T00:00:00Z', ' 2021-01-31', '2021-01-31 ', '２０２１-01-31']
const wrongForms = ['01-01-2016', '30-01-2016', '2016-01', '20-12-31', '32016-01-01', '2016-01-10000', '2016-100-01', '2016/01/01', '+2016-01-01', '-2016-01-01']
const notInTheCalendar = ['2016-23-01', '2022-13-01', '2016-00-01', '2016-30-30', '2016-01-66', '2020-12-32', '0000-01-01', '2016-01-00']
for (const name of ['date_from', 'date_to']) {
  refuses(`2: ${name} is no date`, [`${name} malformed`], ...each(name, noDates))
  refuses(`3: ${name} in another format`, [`${name} malformed`], ...each(name, wrongForms))
  refuses(`3: ${name} is not in the calendar`, [`${name} not_a_day`], ...each(name, notInTheCalendar))
  refuses(`5: ${name} unpadded`, [`${name} malformed`], ...each(name, ['2016-1-27', '2016-01-7']))
}
refuses('4: a leap day of another year', ['date_from not_a_day'], { date_from: '2017-02-29', date_to: '2017-03-01' }, { date_from: '1900-02-29' })
t.test('4: a leap day', async t => {
  t.match(await api.get('/rates', { ...good, date_from: '2016-02-29', date_to: '2016-03-01' }), {
    status: 200, body: { rates: [{ day: '2016-03-01', count: null }, { day: '2016-02-29', count: null }] },
  })
})

refuses('6: the range is reversed', ['date_from reversed'], { date_to: '2021-01-28' }, { date_from: '9999-12-31', date_to: '0001-01-01' })
refuses('7: too long', ['date_to too_long'], { date_to: '2022-01-30' }, { date_from: '0001-01-01', date_to: '9999-12-31' })
t.test('7: the longest range', async t => {
  const { status, body } = await api.get('/rates', { ...good, date_to: '2022-01-29' })
  t.equal(status, 200)
  t.equal(body.rates.length, 366)
  t.match([body.rates[0], body.rates[365]], [{ day: '2022-01-29' }, { day: '2021-01-29' }])
})
t.test('7: the limit is configurable', async t => {
  const { get } = await ratesApi(t, { limits: { maxDays: 31 } })
  t.equal((await get('/rates', { ...good, date_from: '2021-01-01' })).status, 200)
  t.strictSame(errorsOf(await get('/rates', { ...good, date_from: '2020-12-31' })), ['date_to too_long'])
})
t.test('8: one day', async t => {
  t.strictSame((await api.get('/rates', { ...good, date_from: good.date_to })).body, { rates: expected.slice(0, 1) })
})

t.test('9: unknown ports and regions', async t => {
  for (const code of ['MYHOUSE', 'santa_pola', 'LLLLL', 'usa', 'AAAA', 'CNSGHH', 'china_eas_main', 'CNGGZZ', 'A', 'a'.repeat(64), 'TOOLONG', 'main_2']) {
    for (const parameter of ['orig_code', 'dest_code']) {
      const result = await api.get('/rates', { ...good, [parameter]: code })
      t.match(result, { status: 404, body: { type: '/problems/unknown-location', errors: [{ parameter, value: code }] } }, code)
      t.strictSame(errorsOf(result), [`${parameter} unknown_location`])
      t.match(result.body.detail, code)
    }
  }
  const both = await api.get('/rates', { ...good, orig_code: 'XXAAA', dest_code: 'nowhere' })
  t.strictSame(errorsOf(both), ['orig_code unknown_location', 'dest_code unknown_location'], 'both, if both are unknown')
  t.match(both.body.detail, /XXAAA.*nowhere/)
  t.equal((await api.get('/rates', { ...good, orig_code: 'XXAAA', dest_code: 'XXAAA' })).status, 404, 'the same unknown port on both sides is reported as unknown')
})

const badCodes = ['CNSGH *', 'main.*', 'with_???', '*', 'CN-GGZ', '1CNGG', '_main', 'CNGGZ ', ' CNGGZ', 'Łódź', 'cnggz\n', 'a'.repeat(65)]
const injections = ['\' OR 1=1--', 'CNGGZ\'', '"', '%', 'CN%', '_', '\\', '\0', 'CNGGZ\0', 'x'.repeat(10_000), '{CNGGZ}', '$1', '<script>']
for (const name of ['orig_code', 'dest_code']) {
  refuses(`10: characters that no code has, in ${name}`, [`${name} malformed`], ...each(name, badCodes))
  refuses(`18: an injection does not reach the database, in ${name}`, [`${name} malformed`], ...each(name, injections))
}
refuses('18: nor in dates', ['date_from malformed'], ...each('date_from', ['2021-01-31\' OR 1=1--', '2021-01-31\0', '%', 'x'.repeat(10_000)]))
t.test('18: a value that is sent back is bounded and valid Unicode', async t => {
  const [error] = (await api.get('/rates', { ...good, orig_code: 'x'.repeat(199) + '🚢'.repeat(1_000) })).body.errors
  t.equal(error.value, 'x'.repeat(199) + '\ufffd')
  const many = await api.get('/rates', `${new URLSearchParams(good)}&${Array.from({ length: 2_000 }, (_, index) => `x${index}`).join('&')}`)
  t.equal(many.status, 400)
  t.ok(many.text.length < 5_000, `${many.text.length} characters`)
})

t.test('11: any letter case', async t => {
  for (const orig of ['cnggz', 'CnGgZ']) t.strictSame((await api.get('/rates', { ...good, orig_code: orig })).body, { rates: expected })
  for (const dest of ['baltic_main', 'BALTIC_MAIN', 'Northern_Europe']) t.strictSame((await api.get('/rates', { ...good, dest_code: dest })).body, { rates: expected })
})

refuses('12: the same port on both sides', ['dest_code same_port'], { dest_code: 'CNGGZ' }, { dest_code: 'cnggz' }, { orig_code: 'eetll' })
t.test('13: the same region on both sides', async t => {
  t.equal((await api.get('/rates', { ...good, orig_code: 'baltic', dest_code: 'BALTIC' })).status, 200)
})

t.test('17: a range without any price', async t => {
  const { status, body } = await api.get('/rates', { ...good, date_from: '1999-12-31', date_to: '2000-01-01' })
  t.equal(status, 200)
  t.strictSame(body.rates, [{ day: '2000-01-01', count: null, price: null }, { day: '1999-12-31', count: null, price: null }])
  for (const day of ['0001-01-01', '9999-12-31']) t.strictSame((await api.get('/rates', { ...good, date_from: day, date_to: day })).body.rates, [{ day, count: null, price: null }])
})

t.test('20: another path or method', async t => {
  for (const path of ['/', '/rate', '/rates/', '/rates/CNGGZ', '/Rates', '/docs/nothing']) t.match(await api.get(path), { status: 404, body: { type: '/problems/not-found' } }, path)
  t.match(await api.get('/rates', good, { method: 'POST' }), { status: 405, headers: { allow: 'GET, HEAD' }, body: { type: '/problems/method-not-allowed' } })
})

refuses('21: unknown parameters', ['limit unknown', '__proto__ unknown', 'constructor unknown', 'Date_from unknown'],
  `${new URLSearchParams(good)}&limit=1&__proto__=1&constructor=2&Date_from=2021-01-01`)

t.test('an internal error is 500 with an id, and without details', async t => {
  const broken = await ratesApi(t, { connect: () => Object.assign(() => { throw new TypeError('secret') }, { unsafe () {}, async end () {} }) as never })
  const result = await broken.get('/rates', good)
  t.match(result, { status: 500, body: { type: '/problems/internal-error', instance: String } })
  t.notMatch(result.text, /secret|TypeError/)
})
