import { createHash } from 'node:crypto'
import t from 'tap'
import type { ApiKey } from '../../../lib/api-keys/api-keys.ts'
import { ratesApi } from '../../harness/rates-api.ts'

const key = (text: string, ...scopes: ApiKey['scopes']): ApiKey => ({ provider: text, sha256: createHash('sha256').update(text).digest('hex'), scopes })
const query = { date_from: '2021-01-29', date_to: '2021-01-31', orig_code: 'CNGGZ', dest_code: 'EETLL' }
const bearer = (text: string) => ({ headers: { authorization: `Bearer ${text}` } })
const guarded = [['/rates', query], ['/locations', {}]] as const

t.test('open unless keys are required', async t => {
  const { app, get } = await ratesApi(t)
  for (const [path, query] of guarded) t.equal((await get(path, query)).status, 200)
  const document = app.swagger() as any
  t.same([document.paths['/rates'].get.security, document.components.securitySchemes], [[], undefined])
})

t.test('with keys: the scope rates, for both routes and nothing else', async t => {
  let keys = [key('reader', 'rates'), key('sender', 'submit', 'read', 'admin')]
  const { app, get } = await ratesApi(t, { keys: () => keys })
  for (const [path, query] of guarded) {
    t.match(await get(path, query), { status: 401, headers: { 'www-authenticate': /^Bearer / }, body: { type: '/problems/unauthenticated' } }, 'none')
    t.match(await get(path, query, bearer('other')), { status: 401, headers: { 'www-authenticate': /invalid_token/ } }, 'unknown')
    t.match(await get(path, query, bearer('sender')), { status: 403, headers: { 'www-authenticate': /scope="rates"/ }, body: { type: '/problems/forbidden' } }, 'without the scope')
    t.equal((await get(path, query, bearer('reader'))).status, 200)
    t.equal((await get(path, 'wrong=1')).status, 401, 'a caller without access does not learn what is wrong with the request')
  }
  for (const path of ['/live', '/ready', '/openapi.json', '/docs']) t.equal((await get(path)).status, 200, path)
  const document = app.swagger() as any
  t.same([document.paths['/rates'].get.security, Object.keys(document.components.securitySchemes)], [[{ key: [] }], ['key']])

  keys = [key('successor', 'rates')]
  t.equal((await get('/rates', query, bearer('reader'))).status, 401, 'the present keys')
  t.equal((await get('/rates', query, bearer('successor'))).status, 200)
})
