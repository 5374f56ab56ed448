import t from 'tap'
import { aws } from '../../harness/aws.ts'
import { header, ingestionApi, sha256 } from '../../harness/ingestion-api.ts'
import { runProcess } from '../../harness/process.ts'
import { keyProblems } from '../../../lib/api-keys/api-keys.ts'

const content = `${header}CNGGZ,EETLL,2021-01-05,1\n`
const routes = [
  { path: '/batches', method: 'POST', scope: 'submit', lacking: 'reader' },
  { path: '/batches', method: 'GET', scope: 'read', lacking: 'sender' },
  { path: `/batches/${'0'.repeat(64)}`, method: 'GET', scope: 'read', lacking: 'sender' },
  { path: `/batches/${'0'.repeat(64)}/errors`, method: 'GET', scope: 'read', lacking: 'sender' },
]

t.test('the rights of each key', async t => {
  const api = await ingestionApi(t)

  for (const { path, method, scope, lacking } of routes) {
    t.test(`${method} ${path.slice(0, 20)}`, async t => {
      const call = (headers: Record<string, string>, as: string | null = null) =>
        api.call(path, { method, as, headers: { ...(method === 'POST' ? { 'content-type': 'text/csv' } : {}), ...headers }, body: method === 'POST' ? content : null })
      const none = await call({})
      t.match(none, { status: 401, body: { type: '/problems/unauthenticated' } })
      t.equal(none.headers.get('www-authenticate'), 'Bearer realm="freight-rates"')
      for (const authorization of ['Bearer wrong', 'Bearer DEMO-KEY', `Bearer ${sha256('demo-key')}`]) {
        const wrong = await call({ authorization })
        t.match(wrong, { status: 401, body: { type: '/problems/unauthenticated' } }, authorization)
        t.equal(wrong.headers.get('www-authenticate'), 'Bearer realm="freight-rates", error="invalid_token"')
        t.notMatch(wrong.text, authorization.slice(7))
      }
      for (const authorization of ['demo-key', 'Basic ZGVtby1rZXk=', 'Bearer', 'Bearer demo-key demo-key', `Bearer ${'x'.repeat(513)}`]) {
        t.match(await call({ authorization }), { status: 401 }, authorization)
      }
      const forbidden = await call({}, lacking)
      t.match(forbidden, { status: 403, body: { type: '/problems/forbidden' } })
      t.equal(forbidden.headers.get('www-authenticate'), `Bearer realm="freight-rates", error="insufficient_scope", scope="${scope}"`)
      for (const authorization of ['Bearer demo-key', 'bearer demo-key', 'Bearer  demo-new-key']) {
        t.notOk([401, 403].includes((await call({ authorization })).status), authorization)
      }
    })
  }

  t.test('the key is checked before the rest of the request', async t => {
    t.match(await api.call('/batches?limit=x', { as: null }), { status: 401 })
    t.match(await api.submit('', { as: null, path: '/batches?x=y', headers: { 'content-type': 'text/plain' } }), { status: 401 })
  })

  t.test('another provider\'s batch is not found', async t => {
    const { id } = (await api.submit(content)).body
    const foreign = await api.call(`/batches/${id}`, { as: 'other' })
    t.match(foreign, { status: 404, body: { type: '/problems/unknown-batch' } })
    const missing = await api.call(`/batches/${'0'.repeat(64)}`, { as: 'other' })
    t.strictSame({ ...foreign.body, detail: '', instance: '' }, { ...missing.body, detail: '', instance: '' })
    t.strictSame((await api.call('/batches', { as: 'other' })).body.batches, [])
  })
})

t.test('keys that prevent the start of the process', async t => {
  const { env } = await aws(t)
  const entry = (provider: string, key: string, scopes = ['submit']) => ({ provider, sha256: sha256(key), scopes })

  t.test('all errors are reported together, without any key', async t => {
    const keys = [
      entry('a', 'one-secret'), entry('a', 'two-secret'), entry('a', 'three-secret'), entry('b', 'development'), entry('c', 'development-admin', ['admin']),
    ]
    const { code, output } = await runProcess(t, 'ingestion-api', {
      ...env, DATABASE_URL: 'mysql://x', API_KEYS: JSON.stringify(keys), PORT: 'many', BATCH_MAX_BYTES: '0', PAYLOAD_BUCKET: '',
    })
    t.equal(code, 1)
    for (const name of ['DATABASE_URL', 'PORT', 'BATCH_MAX_BYTES', 'PAYLOAD_BUCKET', 'provider a', 'provider b', 'provider c']) t.match(output, name)
    t.notMatch(output, /one-secret|development-admin|[0-9a-f]{64}|at .*\.ts:/)
  })

  t.test('invalid lists of keys', async t => {
    const wrong = ['[', '{}', '[{}]', [{ ...entry('a', 'x'), sha256: 'secret' }], [entry('a', 'x', [])], [entry('a', 'x', ['everything'])], [entry('A b', 'x')], [{ ...entry('a', 'x'), key: 'secret' }]]
    for (const keys of wrong) {
      const [problem, ...more] = keyProblems({ API_KEYS: typeof keys === 'string' ? keys : JSON.stringify(keys) })
      t.match(problem, /^API_KEYS /, JSON.stringify(keys))
      t.notMatch(problem, 'secret')
      t.strictSame(more, [])
    }
    t.strictSame(keyProblems({ API_KEYS: JSON.stringify([entry('a', 'one'), entry('a', 'two'), entry('b', 'development')]), ENVIRONMENT: 'local' }), [])
  })
})
