import t from 'tap'
import { Errors } from 'typebox/schema'
import { mediaTypes } from '../../../lib/batch/batch.ts'
import { Problem, problems, type ProblemCode } from '../../../lib/http/problem.ts'
import { ingestionApi } from '../../harness/ingestion-api.ts'

t.test('the OpenAPI document of the ingestion API', async t => {
  const api = await ingestionApi(t)
  const { body: document } = await api.call('/openapi.json', { as: null })
  const operations = Object.entries<any>(document.paths).flatMap(([path, methods]) =>
    Object.entries<any>(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, ...operation })))
  const operation = (name: string) => operations.find(operation => operation.name === name)

  t.test('every operation is documented, with its parameters and responses', async t => {
    t.equal(document.openapi, '3.1.0')
    t.same(operations.map(({ name }) => name).toSorted(), [
      'DELETE /batches/{id}', 'DELETE /dead-letters/{id}', 'DELETE /profiles/{name}', 'GET /batches', 'GET /batches/{id}', 'GET /batches/{id}/effect', 'GET /batches/{id}/errors',
      'GET /batches/{id}/prices', 'GET /dead-letters', 'GET /live', 'GET /profiles', 'GET /profiles/{name}', 'GET /ready',
      'POST /batches', 'POST /batches/{id}/release', 'POST /dead-letters/{id}/redrive', 'POST /uploads',
      'PUT /profiles/{name}',
    ])
    for (const { name, summary, tags, security, responses } of operations) {
      t.ok(summary && tags.length > 0, `${name} has a description`)
      const open = tags.includes('health')
      t.same(security, open ? undefined : [{ key: [] }], name)
      if (!open) for (const status of ['401', '403', '503']) t.ok(responses[status], `${name} ${status}`)
      for (const [status, { description, content }] of Object.entries<any>(responses)) {
        t.ok(description, `${name} ${status} is described`)
        for (const [type, { schema }] of Object.entries<any>(content ?? {})) {
          t.equal(type === 'application/problem+json', Number(status) >= 400 && !open, `${name} ${status} ${type}`)
          t.ok(schema.type ?? schema.anyOf, `${name} ${status} has a schema`)
        }
      }
    }
    t.same(document.components.securitySchemes, { key: { type: 'http', scheme: 'bearer', description: 'an API key' } })
  })

  t.test('sending a batch', async t => {
    const { requestBody, parameters, responses } = operation('POST /batches')
    t.same(Object.keys(requestBody.content), [...Object.values(mediaTypes), 'application/octet-stream', 'multipart/form-data'])
    t.same(Object.keys(requestBody.content['multipart/form-data'].schema.properties), ['file', 'dry_run', 'rows', 'replaces', 'profile'])
    t.equal(requestBody.required, true)
    t.same(parameters.map(({ name, in: where, required }: any) => [name, where, required]),
      [['dry_run', 'query', false], ['rows', 'query', false], ['replaces', 'query', false], ['profile', 'query', false], ['idempotency-key', 'header', false],
        ['batch-series', 'header', false], ['content-digest', 'header', false], ['content-encoding', 'header', false], ['prefer', 'header', false]])
    t.same(Object.keys(responses), ['200', '202', '400', '401', '403', '404', '408', '409', '413', '415', '422', '429', '500', '503'])
    for (const status of [200, 202]) t.match(responses[status].headers, { location: { schema: { type: 'string' } }, 'preference-applied': { schema: { type: 'string' } } })
    for (const status of [429, 503]) t.match(responses[status].headers, { 'retry-after': { schema: { type: 'integer' } } })
  })

  t.test('the list of batches requires no parameter', async t => {
    t.same(operation('GET /batches').parameters.map(({ name, required }: any) => [name, required]), [['state', false], ['limit', false], ['cursor', false]])
  })

  t.test('a problem response of every status is as documented', async t => {
    const { responses } = operation('POST /batches')
    for (const status of Object.keys(responses).filter(status => Number(status) >= 400)) {
      const { schema } = responses[status].content['application/problem+json']
      const [code] = Object.entries(problems).find(([code]) => schema.properties.type.enum[0] === `/problems/${code}`)!
      const body = { ...new Problem(code as ProblemCode, 'x', { members: { id: 'x' } }).body('req-1') }
      t.same(Errors(schema, body)[1], [], code)
      t.not(Errors(schema, { ...body, type: '/problems/other' })[1].length, 0)
    }
  })

  t.test('/docs shows the document, and health needs no key', async t => {
    for (const path of ['/docs', '/docs/json', '/live', '/ready']) t.match(await api.call(path, { as: null }), { status: 200 }, path)
  })

  t.test('unknown paths and methods', async t => {
    t.match(await api.call('/batch'), { status: 404, body: { type: '/problems/not-found' } })
    for (const [method, path, allow] of [['PUT', '/batches', 'GET, HEAD, POST'], ['PUT', `/batches/${'0'.repeat(64)}`, 'GET, HEAD, DELETE']] as const) {
      const response = await api.call(path, { method })
      t.match(response, { status: 405, body: { type: '/problems/method-not-allowed' } })
      t.equal(response.headers.get('allow'), allow)
    }
    for (const path of ['/batches/x', `/batches/${'0'.repeat(63)}`, `/batches/${'A'.repeat(64)}`]) {
      t.match(await api.call(path), { status: 404, body: { type: '/problems/unknown-batch' } }, path)
    }
    for (const path of ['/batches/%00', '/batches/..%2f..%2fincoming']) {
      t.match(await api.call(path), { status: 404, body: { type: '/problems/not-found' } }, path)
    }
    t.equal(api.proxy.calls.filter(({ service, method }) => service === 's3' && method === 'GET').length, 0, 'none of these reached the store')
  })
})
