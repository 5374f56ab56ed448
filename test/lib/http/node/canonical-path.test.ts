import { request } from 'node:http'
import t from 'tap'
import { ingestionApi } from '../../../harness/ingestion-api.ts'
import { ratesApi } from '../../../harness/rates-api.ts'

type RawResponse = { status: number, type: unknown }

/** Sends the path unchanged: other clients normalize it. */
function get (url: string, path: string, headers: Record<string, string> = {}): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    request(url, { path, headers }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
        .on('end', () => resolve({ status: response.statusCode!, type: response.headers['content-type']?.includes('problem') ? JSON.parse(text).type : null }))
    }).on('error', reject).end()
  })
}

/** Returns other spellings of an address. A firewall or a proxy could treat each as the same address. */
function spellings (path: string): string[] {
  const encoded = (character: string): string => `%${character.charCodeAt(0).toString(16)}`
  const [first, ...others] = path.slice(1)
  return [
    `/${encoded(first!)}${others.join('')}`,
    `/${encoded(first!).toUpperCase()}${others.join('')}`,
    `/${[first!, ...others].map(encoded).join('')}`,
    `/${path.slice(1, -1)}${encoded(path.at(-1)!)}`,
    `/%2e${path}`, `/./${path.slice(1)}`, `/x/..${path}`, `/%2e%2e${path}`,
    `/${path}`, `/%2f${path.slice(1)}`, `%2f${path.slice(1)}`,
    `${path}%2f`, `${path}/`, `${path}%20`, `${path}%00`, `${path}%3f`, `${path}%23`, `${path}#`, `${path}#x`, `${path};x`, `${path}.`,
    `${path.slice(0, 2)}${path.slice(2).toUpperCase()}`,
    `http://another/${encoded(first!)}${others.join('')}`,
  ]
}

const query = '?date_from=2021-01-29&date_to=2021-01-31&orig_code=CNGGZ&dest_code=EETLL'

t.test('rates API: an address has one spelling', async t => {
  const { app } = await ratesApi(t, { keys: () => [] })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  for (const [path, status] of [['/rates', 401], ['/locations', 401], ['/live', 200], ['/ready', 200], ['/openapi.json', 200], ['/docs/json', 200]] as const) {
    t.equal((await get(url, path)).status, status, path)
    for (const spelling of spellings(path)) {
      // A path that does not begin with / is not a request target.
      const expected = spelling.startsWith('%') ? [400, 404] : [404]
      const { status, type } = await get(url, `${spelling}${query}`)
      t.ok(expected.includes(status), `${spelling}: ${status}`)
      if (status === 404) t.equal(type, '/problems/not-found')
    }
  }
})

t.test('rates API: the query may be encoded, and the address absolute', async t => {
  const { app } = await ratesApi(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  t.equal((await get(url, '/rates?d%61te_from=2021%2D01-29&date_to=2021-01-31&orig_code=CNGGZ&dest_code=EETLL')).status, 200)
  t.equal((await get(url, '/locations?q=%C3%A5rhus')).status, 200)
  t.equal((await get(url, `http://anywhere/rates${query}`)).status, 200)
})

t.test('ingestion API: an address has one spelling, also the address of a batch', async t => {
  const api = await ingestionApi(t)
  const { id } = (await api.submit('orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,1\n')).body
  const headers = { authorization: 'Bearer demo-key' }
  for (const [path, status] of [['/batches', 200], [`/batches/${id}`, 200], [`/batches/${id}/errors`, 404], ['/live', 200], ['/openapi.json', 200]] as const) {
    t.equal((await get(api.url, path, headers)).status, status, path)
    for (const spelling of spellings(path).filter(spelling => spelling.startsWith('/') && !/^\/.*[;.]x?$/.test(spelling))) {
      const response = await get(api.url, spelling, headers)
      t.equal(response.status, 404, spelling)
    }
  }
  const encoded = `/batches/%${id.charCodeAt(0).toString(16)}${id.slice(1)}`
  t.same(await get(api.url, encoded, headers), { status: 404, type: '/problems/not-found' })
  t.same(await get(api.url, encoded), { status: 404, type: '/problems/not-found' }, 'before any key is checked')
})
