import t, { type Test } from 'tap'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { Errors } from 'typebox/schema'
import { ratesApi, type TestRatesApi } from '../../harness/rates-api.ts'

const exactly = { additionalProperties: false }
const Schema = Type.Object({ type: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])) })
const Examples = Type.Record(Type.String(), Type.Object({ value: Type.Unknown() }, exactly))
const Media = Type.Object({ schema: Schema, examples: Type.Optional(Examples) }, exactly)
const Content = Type.Record(Type.String({ pattern: '^[a-z]+/[a-z+.-]+$' }), Media)
const Operation = Type.Object({
  operationId: Type.Optional(Type.String()),
  summary: Type.String(),
  description: Type.Optional(Type.String()),
  tags: Type.Array(Type.String()),
  security: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Array(Type.String())))),
  parameters: Type.Optional(Type.Array(Type.Object({
    name: Type.String(),
    in: Type.Enum(['query', 'path', 'header']),
    required: Type.Boolean(),
    description: Type.Optional(Type.String()),
    schema: Schema,
    example: Type.Optional(Type.Unknown()),
  }, exactly))),
  responses: Type.Record(Type.String({ pattern: '^[2-5][0-9][0-9]$' }), Type.Object({
    description: Type.String({ minLength: 1 }),
    headers: Type.Optional(Type.Record(Type.String(), Type.Object({ description: Type.Optional(Type.String()), schema: Schema }, exactly))),
    content: Content,
  }, exactly)),
}, exactly)
/** The parts of OpenAPI 3.1 that the document may use. Any other part is a mistake. */
const Document = Type.Object({
  openapi: Type.Literal('3.1.0'),
  info: Type.Object({ title: Type.String(), description: Type.String(), version: Type.String({ pattern: '^\\d+\\.\\d+\\.\\d+$' }) }, exactly),
  components: Type.Object({ schemas: Type.Optional(Type.Object({})), securitySchemes: Type.Optional(Type.Object({})) }, exactly),
  paths: Type.Record(Type.String({ pattern: '^/' }), Type.Record(Type.String({ pattern: '^(get|post|put|delete)$' }), Operation)),
}, exactly)

let api: TestRatesApi
let document: any
t.before(async () => {
  api = await ratesApi(t as Test)
  document = (await api.get('/openapi.json')).body
})

t.test('the document is valid and complete', async t => {
  t.same([...Value.Errors(Document, document)].map(({ instancePath, message }) => `${instancePath} ${message}`), [])
  t.same(Object.keys(document.paths), ['/live', '/ready', '/rates', '/locations'])
  const statuses = (path: string) => Object.keys(document.paths[path].get.responses).join(' ')
  t.equal(statuses('/rates'), '200 400 404 406 500 503')
  t.equal(statuses('/locations'), '200 400 500 503')
  t.same(Object.keys(document.paths['/rates'].get.responses[200].content), ['application/json', 'text/csv'])
  t.same(document.paths['/rates'].get.parameters.map(({ name, required }: any) => [name, required]),
    [['date_from', true], ['date_to', true], ['orig_code', true], ['dest_code', true], ['as_of', false]])
  const ids = Object.values<any>(document.paths).flatMap(Object.values).map(({ operationId }: any) => operationId).filter(Boolean)
  t.equal(new Set(ids).size, ids.length, 'operation ids differ')
})

t.test('its examples are responses that it allows, and each problem has its own', async t => {
  for (const path of ['/rates', '/locations']) {
    for (const [status, { content }] of Object.entries<any>(document.paths[path].get.responses)) {
      for (const [type, { schema, examples }] of Object.entries<any>(content)) {
        t.ok(Object.keys(examples).length > 0, `${path} ${status} ${type} has an example`)
        for (const [name, { value }] of Object.entries<any>(examples)) t.same(Errors(schema, value)[1], [], `${path} ${status} ${name}`)
        if (Number(status) >= 400) {
          t.same(schema.properties.type.enum, Object.keys(examples).map(code => `/problems/${code}`), `${path} ${status} lists its problems`)
        }
      }
    }
  }
  t.same(Object.keys(document.paths['/rates'].get.responses[503].content['application/problem+json'].examples), ['database-unavailable', 'overloaded'])
})

t.test('its example parameters are a valid query', async t => {
  const query = Object.fromEntries(document.paths['/rates'].get.parameters.filter(({ required }: any) => required).map(({ name, example }: any) => [name, example]))
  t.match(await api.get('/rates', query), { status: 200, body: { rates: { length: 31 } } })
})

t.test('/docs needs no other host', async t => {
  const page = await api.get('/docs')
  t.equal(page.status, 200)
  const policy = String(page.headers['content-security-policy'])
  t.match(policy, /default-src 'self'/)
  for (const source of policy.split(';').flatMap(directive => directive.trim().split(' ').slice(1))) t.ok(['\'self\'', '\'none\'', 'data:'].includes(source), source)
  t.notMatch(policy, 'upgrade-insecure-requests', 'which would break plain HTTP')

  const addresses = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address!)
  t.ok(addresses.length >= 5)
  for (const address of addresses) {
    t.match(address, /^\/docs\/static\/[\w.-]+$/, address)
    const { status, text } = await api.get(address)
    t.equal(status, 200, address)
    if (address.endsWith('.css')) t.same([...text.matchAll(/@import|url\((?!["']?data:)/g)], [], 'its style')
    if (address.endsWith('initializer.js')) t.notMatch(text.replace(/^ *\/\/.*$/gm, ''), /https?:\/\//, 'the initializer')
  }
  t.equal((await api.get('/docs/json')).status, 200, 'the document of the page')
})
