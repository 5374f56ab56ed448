import t, { type Test } from 'tap'
import { openMetrics, valueOf } from '../../../../lib/metrics/metrics.ts'
import { rawRequest } from '../../../harness/raw-http.ts'
import { load, prices } from '../../../harness/prices.ts'
import { ratesApi, type TestRatesApi } from '../../../harness/rates-api.ts'

const query = { date_from: '2021-01-29', date_to: '2021-01-31', orig_code: 'CNGGZ', dest_code: 'EETLL' }
const csv = 'day,count,price\n2021-01-31,3,1154.3333333333333\n2021-01-30,2,\n2021-01-29,,\n'
const json = '{"rates":[{"day":"2021-01-31","count":3,"price":1154.3333333333333},{"day":"2021-01-30","count":2,"price":null},' +
  '{"day":"2021-01-29","count":null,"price":null}]}'
const [asJson, asCsv] = ['application/json; charset=utf-8', 'text/csv; charset=utf-8']

const wishes: Array<[accept: string | undefined, type: string | null]> = [
  [undefined, asJson],
  ['', asJson],
  ['*/*', asJson],
  ['application/json', asJson],
  ['application/*', asJson],
  ['APPLICATION/JSON; charset=utf-8', asJson],
  ['application/json;charset="UTF-8", text/plain', asJson],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', asJson],
  ['application/json; indent=4', asJson],
  ['application/json;indent=4;q=0.1, text/csv; header=present', asCsv],
  ['text/csv; header=present', asCsv],
  ['text/csv;header="a, b; q=0";charset=utf-8;q=0.9', asCsv],
  ['text/csv;q=0;header=present, application/json ; profile="x\\"y"', asJson],
  ['text/csv;Q=0.2;ext, application/json;v=1;q=0.1', asCsv],
  ['text/csv', asCsv],
  ['text/*', asCsv],
  ['text/csv; charset=utf-8', asCsv],
  ['text/csv, application/json', asCsv],
  ['application/json, text/csv', asJson],
  ['application/json;q=0.5, text/csv', asCsv],
  ['application/json;q=0.5, text/csv;q=0.4', asJson],
  ['text/csv;q=0.1', asCsv],
  ['*/*, text/csv;q=0', asJson],
  ['*/*;q=0.5, application/json;q=0', asCsv],
  ['text/html', null],
  ['application/xml, image/*', null],
  ['application/json;q=0, text/csv;q=0.0', null],
  ['nonsense', null],
  ['text/csv; header=present; q=0', null],
  ['text/html; header=text/csv', null],
]

let api: TestRatesApi
t.before(async () => {
  api = await ratesApi(t as Test)
  await load(api.db.migrator, prices('CNGGZ EETLL 2021-01-31: 1118 1191 1154', 'CNGGZ EETLL 2021-01-30: 1163 1140'))
})

for (const [accept, type] of wishes) {
  t.test(`Accept: ${accept}`, async t => {
    const result = await api.get('/rates', query, { headers: accept === undefined ? {} : { accept } })
    t.equal(result.headers['vary'], 'Accept')
    if (type === null) {
      t.match(result, { status: 406, body: { type: '/problems/not-acceptable' } })
    } else {
      t.match(result, { status: 200, headers: { 'content-type': type, 'cache-control': 'no-store' } })
      t.equal(result.text, type === asCsv ? csv : json)
    }
  })
}

t.test('a problem is JSON, whatever table was requested', async t => {
  const result = await api.get('/rates', { ...query, orig_code: 'nowhere' }, { headers: { accept: 'text/csv' } })
  t.match(result, { status: 404, headers: { 'content-type': 'application/problem+json' } })
})

t.test('HTTP/1.1 without Host is a problem, and the connection is closed', async t => {
  const url = await api.app.listen({ host: '127.0.0.1', port: 0 })
  const request = rawRequest(t, url)
  await request.send('GET /rates HTTP/1.1\r\n\r\n')
  t.match(await request.nextResponse(), {
    status: 400, headers: { 'content-type': 'application/problem+json', connection: 'close' }, body: { type: '/problems/malformed-request' },
  })
  await request.closed
})

t.test('HEAD has the head of GET and no body', async t => {
  for (const [accept, body] of [['text/csv', csv], ['application/json', json]] as const) {
    const [head, get] = [await api.get('/rates', query, { method: 'HEAD', headers: { accept } }), await api.get('/rates', query, { headers: { accept } })]
    t.equal(head.status, 200)
    t.equal(head.text, '')
    for (const name of ['content-type', 'vary', 'cache-control']) t.equal(head.headers[name], get.headers[name], name)
    t.equal(Number(head.headers['content-length']), Buffer.byteLength(body))
  }
  t.equal((await api.get('/rates', { ...query, date_to: 'x' }, { method: 'HEAD' })).status, 400)
})

t.test('a wrong parameter is found before the cache is looked up', async t => {
  const metrics = openMetrics('rates-api')
  const { get } = await ratesApi(t, { metrics })
  const lookups = async () => await valueOf(metrics, 'freight_response_cache_total') ?? 0
  t.match(await get('/rates', { ...query, date_to: '2021-02-30' }), { status: 400, body: { type: '/problems/invalid-parameters' } })
  t.equal(await lookups(), 0)
  t.equal((await get('/rates', query)).status, 200)
  t.equal(await lookups(), 1)
})
