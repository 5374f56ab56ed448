// Profiles on the real API, store and queue, with a real worker.
import t, { type Test } from 'tap'
import { gzipSync } from 'node:zlib'
import { openQueue } from '../../../../lib/batch/queue.ts'
import { openStore } from '../../../../lib/batch/store/store.ts'
import { profileVersion } from '../../../../lib/batch/profile.ts'
import { mediaTypes } from '../../../../lib/batch/batch.ts'
import { ingestionApi, sha256, type Call, type Options, type Result, type TestIngestionApi } from '../../../harness/ingestion-api.ts'
import type { Pipeline } from '../../../harness/pipeline.ts'
import { waitFor } from '../../../harness/wait.ts'
import { startWorker } from '../../../harness/worker.ts'
import { withRows } from '../../ingestion-worker/rows/xlsx/book.ts'

type Fixture = TestIngestionApi & {
  put: (name: string, profile: unknown, call?: Call) => Promise<Result>
  /** Resolves with the final state of a batch. */
  ended: (id: string) => Promise<Result['body']>
  /** Sends a file by a profile, and resolves with the final state of its batch. */
  send: (file: string | Buffer, profile: string, call?: Call) => Promise<Result['body']>
  startWorker: () => Promise<void>
}

async function openFixture (t: Test, options?: Options): Promise<Fixture> {
  const api = await ingestionApi(t, options)
  const { aws, db } = api
  const ended = async (id: string): Promise<Result['body']> => {
    let batch: Result['body']
    await waitFor(async () => ['applied', 'validated', 'rejected'].includes((batch = (await api.call(`/batches/${id}`)).body).state))
    return batch
  }
  return {
    ...api,
    ended,
    put: (name, profile, call) => api.call(`/profiles/${name}`, { method: 'PUT', body: JSON.stringify(profile), ...call, headers: { 'content-type': 'application/json', ...call?.headers } }),
    async send (file, profile, call) {
      const { status, body, text } = await api.submit(file, { path: `/batches?profile=${profile}`, ...call })
      t.equal(status, 202, text)
      return await ended(body.id)
    },
    async startWorker () {
      const queues = { queue: openQueue(aws.sqs, aws.queueUrl), deadLetters: openQueue(aws.sqs, aws.deadLetterQueueUrl) }
      startWorker(t, { db, aws, store: openStore(aws.s3, aws.bucket), ...queues } as Pipeline)
      await waitFor(async () => (await db.migrator`select 1 from worker_rules`).length === 1)
    },
  }
}

/** Returns a row of a sheet. */
const cellsOf = (...values: Array<string | number>): string =>
  `<row>${values.map(value => typeof value === 'number' ? `<c><v>${value}</v></c>` : `<c t="inlineStr"><is><t>${value}</t></is></c>`).join('')}</row>`

t.jobs = 2
const atOnce = { buffered: true }
const serials = 'POL;POD;Date;Rate\nCNGGZ;EETLL;44227;1180,50\n'
const serialProfile = { epoch: 1900, decimal_sign: ',' }

t.test('a profile is created, read, changed and deleted, under conditions', atOnce, async t => {
  const { put, call } = await openFixture(t)
  const created = await put('acme', serialProfile)
  const etag = created.headers.get('etag')!
  t.match([created.status, created.headers.get('location'), etag], [201, '/profiles/acme', `"${profileVersion(serialProfile as never)}"`])
  t.same(created.body, serialProfile)
  const read = await call('/profiles/acme')
  t.match([read.status, read.headers.get('etag')], [200, etag])
  t.same(read.body, serialProfile)
  t.equal((await call('/profiles/acme', { headers: { 'if-none-match': `W/${etag}, "x"` } })).status, 304)

  const same = await put('acme', { decimal_sign: ',', epoch: 1900 })
  t.match([same.status, same.headers.get('etag'), same.headers.get('location')], [200, etag, null])
  t.match(await put('acme', { epoch: 1904 }, { headers: { 'if-none-match': '*' } }), { status: 412, body: { type: '/problems/precondition-failed' } })
  t.match(await put('acme', { epoch: 1904 }, { headers: { 'if-match': '"other"' } }), { status: 412 })
  t.match(await put('new', { epoch: 1904 }, { headers: { 'if-match': '*' } }), { status: 412 })
  const changed = await put('acme', { epoch: 1904 }, { headers: { 'if-match': etag } })
  t.equal(changed.status, 200)
  t.not(changed.headers.get('etag'), etag)
  t.match(await put('acme', {}, { headers: { 'if-match': etag } }), { status: 412 })
  const [listed] = (await call('/profiles')).body.profiles
  t.match([listed], [{ name: 'acme', version: changed.headers.get('etag')!.slice(1, -1), changed_at: /^\d{4}-/ }])

  t.match(await call('/profiles/acme', { method: 'DELETE', headers: { 'if-match': etag } }), { status: 412 })
  t.equal((await call('/profiles/acme', { method: 'DELETE', headers: { 'if-match': changed.headers.get('etag')! } })).status, 204)
  for (const method of ['DELETE', 'GET']) t.match(await call('/profiles/acme', { method }), { status: 404, body: { type: '/problems/unknown-profile', detail: /acme/ } })
  t.match(await call(`/profiles/acme?version=${etag.slice(1, -1)}`), { status: 200, body: serialProfile }, 'versions are kept')
  t.same((await call('/profiles')).body, { profiles: [] })
})

t.test('a provider has its own profiles; an operator names the provider', atOnce, async t => {
  const { put, call, submit } = await openFixture(t)
  await put('acme', serialProfile)
  t.match(await call('/profiles/acme', { as: 'other' }), { status: 404, body: { type: '/problems/unknown-profile' } })
  t.match(await call('/profiles/acme', { as: 'other', method: 'DELETE' }), { status: 404 })
  t.match(await submit(serials, { as: 'other', path: '/batches?profile=acme' }), { status: 404, body: { type: '/problems/unknown-profile', detail: /acme/ } })
  t.match(await put('acme', {}, { as: 'reader' }), { status: 403 })
  t.match(await put('acme', {}, { as: null }), { status: 401 })
  t.match(await call('/profiles?provider=demo', { as: 'other' }), { status: 403 })
  t.match(await call('/profiles', { as: 'operator' }), { status: 403, body: { detail: /\?provider=/ } })
  t.match(await call('/profiles/acme?provider=demo', { as: 'operator' }), { status: 200, body: serialProfile })
  t.match((await call('/profiles?provider=demo', { as: 'operator' })).body, { profiles: [{ name: 'acme' }] })
})

t.test('limits: the name, the length, the values, the number', atOnce, async t => {
  const { put, objects, putObject } = await openFixture(t)
  for (const name of ['Acme', 'a'.repeat(65), 'a_b', 'a.b']) t.match(await put(name, {}), { status: 400, body: { type: '/problems/invalid-parameters' } }, name)
  const ignore = (chars: number): unknown => ({ ignore: Array.from({ length: 100 }, (_, at) => String(at).padStart(chars, 'x')) })
  t.equal((await put('long', ignore(150))).status, 201)
  t.match(await put('long', ignore(170)), { status: 413, body: { type: '/problems/content-too-large' } })
  const invalid: Array<[unknown, RegExp]> = [
    [{ separator: ':' }, /separator must be , or ; or/], [{ epoch: 1970 }, /epoch must be 1900 or 1904/], [{ colums: {}, b: 1 }, /body: colums, b is unknown: the names are columns, separator, decimal_sign, .*, charset$/],
    [{ columns: { port: 'POL' } }, /body: columns has "port", which is unknown: the names are orig_code, dest_code, day, price, valid_from, valid_to$/],
    [{ columns: { price: ' Rate' } }, /without a space/], [{ columns: { day: 'Date', price: 'Date' } }, /twice/],
    [{ columns: { price: 'Rate' }, ignore: ['Rate'] }, /ignore has "Rate"/], [{ columns: { price: 'Rate' }, fixed: { price: '1' } }, /fixed has price/],
    [{ fixed: { day: '2021-02-30' } }, /not a day/], [{ fixed: { price: '1.180' } }, /two decimals/], [{ fixed: { price: '0.00' } }, /price 0/],
    [{ fixed: { day: '2021-02-01' }, columns: { valid_to: 'To' } }, /one day or a validity/],
    [{ fixed: { valid_from: '2021-02-02', valid_to: '2021-02-01' } }, /after valid_to/], [[], /body/],
  ]
  for (const [profile, detail] of invalid) {
    t.match(await put('bad', profile), { status: 400, body: { type: '/problems/invalid-parameters', detail } }, JSON.stringify(profile))
  }
  for (let number = 2; number <= 49; number++) await putObject(`profiles/demo/p${number}.json`, JSON.stringify({ version: 'x', profile: {} }))
  t.equal((await put('fiftieth', {})).status, 201)
  t.match(await put('p51', {}), { status: 409, body: { type: '/problems/too-many-profiles' } })
  t.equal((await put('fiftieth', { epoch: 1900 })).status, 200, 'one of fifty can be changed')
  t.equal((await put('p51', {}, { as: 'other' })).status, 201, 'another provider has its own fifty')
  t.notOk((await objects('profiles/demo/')).includes('profiles/demo/p51.json'))
})

t.test('files are read by their profile', atOnce, async t => {
  const { put, send, startWorker, call, submit } = await openFixture(t)
  await startWorker()
  const cases: Array<{ name: string, profile: unknown, file: string | Buffer, first: object }> = [
    { name: 'serial-1900', profile: serialProfile, file: serials, first: { orig_code: 'CNGGZ', dest_code: 'EETLL', day: '2021-01-31', price: 1180.5 } },
    { name: 'serial-1904', profile: { epoch: 1904 }, file: 'POL,POD,Date,Rate\nCNGGZ,EETLL,42765,1181\n', first: { day: '2021-01-31', price: 1181 } },
    {
      name: 'windows-1252', profile: { charset: 'windows-1252', columns: { orig_code: 'Ladehäfen', price: 'Preis' }, ignore: ['Für'] },
      file: Buffer.from('Ladehäfen;POD;Date;Preis;Für\nCNGGZ;EETLL;2021-01-31;1\u00a0182.00;Müller\n', 'latin1'), first: { orig_code: 'CNGGZ', price: 1182 },
    },
    {
      name: 'fixed', profile: { fixed: { orig_code: 'CNGGZ', valid_from: '2021-01-30', valid_to: '2021-01-31', price: '1183.50' }, ignore: ['Agent'], decimal_sign: ',' },
      file: 'POD,Agent\nEETLL,someone\n', first: { orig_code: 'CNGGZ', dest_code: 'EETLL', day: '2021-01-30', price: 1183.5 },
    },
    {
      name: 'validity', profile: { fixed: { valid_from: '2021-01-02' }, day_order: 'month.day', decimal_sign: '.', separator: '|' },
      file: 'POL|POD|Valid to|Rate\nCNGGZ|EETLL|01/03/2021|1,184\n', first: { day: '2021-01-02', price: 1184 },
    },
  ]
  for (const { name, profile, file, first } of cases) {
    t.equal((await put(name, profile)).status, 201, name)
    const batch = await send(file, name)
    t.match(batch, { state: 'applied', understood: { profile: { name, version: /^[0-9a-f]{64}$/ }, first_prices: [first] } }, `${name}: ${JSON.stringify(batch.first_errors)}`)
  }
  t.match(await send('POL,POD,Date,Rate\nCNGGZ,EETLL,44227,1\n', 'validity'), { state: 'rejected', first_errors: [{ code: 'no_header' }] }, 'the separator is another one')
  t.match(await send(Buffer.from('orig_code,POD,Date,Rate,Agent\nCNGGZ,EETLL,2021-01-31,1185,x\n'), 'fixed'), { state: 'rejected', first_errors: [{ code: 'fixed_column' }, {}, {}] })
  t.match(await send('POL,POD,Date,Rate\nCNGGZ,EETLL,44227.5,1186\n', 'serial-1904'), { state: 'rejected', first_errors: [{ code: 'not_midnight' }] })

  const workbook = withRows(`${cellsOf('POL', 'POD', 'Date', 'Rate')}${cellsOf('CNGGZ', 'EETLL', 44227, 1187)}`)
  const xlsx = { headers: { 'content-type': mediaTypes.xlsx } }
  t.match(await send(Buffer.from(workbook), 'serial-1904', xlsx), { state: 'applied', understood: { first_prices: [{ day: '2021-01-31', price: 1187 }] } }, 'a workbook has its epoch itself')
  await put('sheet', { sheet: 'Nowhere' })
  const other = withRows(`${cellsOf('POL', 'POD', 'Date', 'Rate')}${cellsOf('CNGGZ', 'EETLL', 44227, 1188)}`)
  t.match(await send(Buffer.from(other), 'sheet', xlsx), { state: 'rejected', first_errors: [{ row: 0 }] }, 'the sheet is another one')

  const file = gzipSync('POD,Agent\nEETLL,another\n')
  const { body: upload } = await call('/uploads', {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ bytes: file.length, sha256: sha256(file), content_type: 'text/csv', content_encoding: 'gzip' }),
  })
  await fetch(upload.url, { method: 'PUT', body: file, headers: upload.headers })
  const json = { 'content-type': 'application/json' }
  t.match(await send(JSON.stringify({ upload: upload.upload }), 'fixed', { headers: json }), { state: 'applied', understood: { profile: { name: 'fixed' } } }, 'an upload')
  t.match(await submit('[]', { path: '/batches?profile=fixed', headers: json }), { status: 400, body: { type: '/problems/invalid-parameters', detail: /not for application\/json/ } })
  t.match(await submit(serials, { path: '/batches?profile=nothing' }), { status: 404, body: { type: '/problems/unknown-profile', detail: /nothing/ } })
})

t.test('a queued batch is read by the version that it was accepted with', atOnce, async t => {
  const { put, submit, call, startWorker, ended, manifest } = await openFixture(t)
  const version = (await put('acme', serialProfile)).headers.get('etag')!.slice(1, -1)
  const { body: { id } } = await submit(serials, { path: '/batches?profile=acme' })
  t.match(await manifest(id), { version: 3, profile: { name: 'acme', version, ...serialProfile } })
  await put('acme', { epoch: 1904 })
  t.equal((await call('/profiles/acme', { method: 'DELETE' })).status, 204)
  await startWorker()
  t.match(await ended(id), { state: 'applied', understood: { profile: { name: 'acme', version }, first_day: '2021-01-31' } })
})

t.test('another version is no other content: applied it is refused, rejected it is checked anew', atOnce, async t => {
  const { put, submit, send, startWorker, db } = await openFixture(t)
  await startWorker()
  const first = (await put('acme', { epoch: 1904, decimal_sign: ',' })).headers.get('etag')!.slice(1, -1)
  const days = 'POL;POD;Date;Rate\nCNGGZ;EETLL;44227;1180,50\n' // by the epoch of 1904 a day that is not accepted
  const rejected = await send(days, 'acme')
  t.match(rejected, { state: 'rejected', first_errors: [{ code: 'day_out_of_span' }] })
  t.match(await send(days, 'acme'), { id: rejected.id, state: 'rejected' }, 'the same version gives the same batch')
  const second = (await put('acme', serialProfile)).headers.get('etag')!.slice(1, -1)
  const applied = await send(days, 'acme')
  t.not(applied.id, rejected.id)
  t.match(applied, { state: 'applied', understood: { profile: { version: second } } })
  t.match(await send(days, 'acme'), { id: applied.id })
  await put('same', serialProfile)
  t.match(await send(days, 'same'), { id: applied.id }, 'a profile of another name and the same content')

  const third = (await put('acme', { ...serialProfile, ignore: ['Agent'] })).headers.get('etag')!.slice(1, -1)
  const refused = await submit(days, { path: '/batches?profile=acme' })
  t.match(refused, { status: 422, body: { type: '/problems/key-reused', id: applied.id } })
  for (const version of [second, third]) t.match(refused.body.detail, version)
  t.match(await submit(days), { status: 422, body: { detail: /This request has no profile/ } })
  const keyed = { path: '/batches?profile=acme', headers: { 'idempotency-key': 'january' } }
  t.equal((await submit(days, { ...keyed, path: `${keyed.path}&replaces=${applied.id}` })).status, 202, 'what the refusal says to do')
  t.match(await submit(days, { ...keyed, path: `/batches?profile=same&replaces=${applied.id}` }), { status: 422, body: { detail: new RegExp(`${third}.*${second}`) } })
  t.not(first, second)
  t.match(await db.migrator`select checked_under->>'profile' as version from batches where id = ${rejected.id}`, [{ version: first }])
})

t.test('without the database a batch is accepted by its profile, and another version is not taken for it', atOnce, async t => {
  const { put, submit, manifest, objects } = await openFixture(t, { databaseUrl: 'postgres://ingestion_api@127.0.0.1:49151/none' })
  await put('acme', serialProfile)
  const path = '/batches?profile=acme'
  const { status, body: { id } } = await submit(serials, { path })
  t.equal(status, 202)
  t.match(await submit(serials, { path }), { status: 202, body: { id, state: 'accepted' } })
  await put('acme', { epoch: 1904 })
  t.match(await submit(serials, { path }), { status: 503, body: { type: '/problems/database-unavailable', id } })
  t.match(await manifest(id), { profile: serialProfile })
  await waitFor(async () => (await objects('incoming/')).length === 1)
})

t.test('an object store that fails is 503', atOnce, async t => {
  const { put, call, submit, proxy } = await openFixture(t)
  await put('acme', serialProfile)
  proxy.cut(({ key }) => key.startsWith('profiles/'))
  for (const method of ['GET', 'DELETE']) t.match(await call('/profiles/acme', { method }), { status: 503, body: { type: '/problems/store-unavailable' } }, method)
  t.match(await put('acme', {}), { status: 503 })
  t.match(await submit(serials, { path: '/batches?profile=acme' }), { status: 503, body: { type: '/problems/store-unavailable' } })
})
