import { connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { batchId } from '../../../lib/batch/batch.ts'
import { database } from '../../harness/database.ts'
import { header, ingestionApi, mebibyte, sha256 } from '../../harness/ingestion-api.ts'
import { createDatabase, temporaryServer } from '../../harness/server.ts'
import { waitFor } from '../../harness/wait.ts'
import type { Which } from '../../harness/aws-proxy.ts'

let count = 0
/** Returns content that no other test sends, and its batch id. */
function fresh (): { content: string, id: string } {
  const content = `${header}CNGGZ,EETLL,2021-01-05,${++count}\n`
  return { content, id: batchId('demo', 'apply', { kind: 'content', value: sha256(content) }) }
}

t.jobs = 3
const atOnce = { buffered: true }

t.test('the database is unavailable for a while', atOnce, async t => {
  const server = await temporaryServer()
  t.teardown(server.remove)
  await createDatabase(server, 'freight', '2021-01-01', '2021-01-01')
  const api = await ingestionApi(t, { databaseUrl: server.url('ingestion_api', 'freight') })
  const before = fresh()
  t.match(await api.submit(before.content), { status: 202 })
  await waitFor(async () => (await api.call('/batches')).body.batches.length === 1)

  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    t.test(`stopped with ${signal}`, async t => {
      await server.stop(signal)
      const during = fresh()
      t.match(await api.submit(during.content), { status: 202, body: { id: during.id, state: 'queued' } })
      t.match((await api.messages()).at(-1), { id: during.id })
      t.match(await api.submit(during.content), { status: 202, body: { id: during.id, state: 'accepted' } })
      for (const { id } of [before, during]) t.match(await api.call(`/batches/${id}`), { status: 200, body: { id, state: 'accepted', attempts: null, rows: null } })
      const list = await api.call('/batches')
      t.match(list, { status: 503, body: { type: '/problems/database-unavailable' } })
      t.match(list.headers.get('retry-after'), /^\d+$/)
      t.match(await api.call(`/batches/${during.id}/errors`), { status: 503, body: { type: '/problems/database-unavailable' } })
      t.match(await api.call('/ready'), { status: 200, body: { status: 'ready' } })
      t.strictSame(await api.objects('pending/'), [])

      await server.start()
      await waitFor(async () => (await api.call('/batches')).status === 200)
      t.match(await api.call(`/batches/${before.id}`), { status: 200, body: { state: 'queued', attempts: 0 } })
      t.match(await api.call(`/batches/${during.id}`), { status: 200, body: { state: 'queued', attempts: 0 } })
      t.match(await api.submit(during.content), { status: 202, body: { id: during.id, state: 'queued' } })
      await waitFor(async () => (await api.call('/batches?limit=1')).body.batches[0].id === during.id)
    })
  }
})

t.test('the database stops responding', atOnce, async t => {
  const db = await database(t)
  const relay = await openRelay(t, new URL(db.url('ingestion_api')))
  const api = await ingestionApi(t, { databaseUrl: relay.url })
  const { content, id } = fresh()
  t.match(await api.submit(content), { status: 202, body: { id, state: 'queued' } })
  t.match(await api.call(`/batches/${id}`), { status: 200, body: { id, state: 'queued' } })
  relay.fallSilent()
  const [again, status] = await Promise.all([api.submit(content), api.call(`/batches/${id}`)])
  t.match(again, { status: 202, body: { id, state: 'accepted' } })
  t.match(status, { status: 200, body: { id, state: 'accepted' } })
  t.match(await api.submit(fresh().content), { status: 202, body: { state: 'queued' } })
})

t.test('the store and the queue are unavailable for a while', atOnce, async t => {
  const api = await ingestionApi(t)
  const steps: Record<string, Which> = {
    'the payload': ({ method, key }) => method === 'PUT' && key.startsWith('incoming/'),
    'the read of the manifest': ({ method, key }) => method === 'GET' && key.startsWith('batches/'),
    'the pending record': ({ method, key }) => method === 'PUT' && key.startsWith('pending/'),
    'the manifest': ({ method, key }) => method === 'PUT' && key.startsWith('batches/'),
    everything: ({ service }) => service === 's3',
  }
  for (const [name, step] of Object.entries(steps)) {
    t.test(`${name} fails: no batch is accepted, and the repeated request is`, async t => {
      const { content, id } = fresh()
      const back = api.proxy.cut(step)
      const refused = await api.submit(content)
      t.match(refused, { status: 503, body: { type: '/problems/store-unavailable' } })
      t.match(refused.headers.get('retry-after'), /^\d+$/)
      if (name === 'everything') {
        t.match(await api.call(`/batches/${id}`), { status: 503, body: { type: '/problems/store-unavailable' } })
        t.match(await api.call('/ready'), { status: 503, body: { status: 'unready', checks: { store: String, queue: 'ok' } } })
        t.match(await api.call('/live'), { status: 200 })
      }
      back()
      t.match(await api.call(`/batches/${id}`), { status: 404 })
      t.strictSame((await api.messages()).filter(message => message.id === id), [])
      t.match(await api.submit(content), { status: 202, body: { id, state: 'queued' } })
      t.equal((await api.messages()).filter(message => message.id === id).length, 1)
      await api.settled()
    })
  }

  t.test('the response to the manifest is lost: the batch is accepted nevertheless', async t => {
    const { content, id } = fresh()
    api.proxy.cutResponse(({ method, key }) => method === 'PUT' && key.startsWith('batches/'))
    t.match(await api.submit(content), { status: 202, body: { id } })
    t.equal((await api.payload(await api.manifest(id))).toString(), content)
    t.equal((await api.messages()).filter(message => message.id === id).length, 1)
    await api.settled()
  })

  t.test('the store fails in the middle of a long body', async t => {
    const before = await api.objects('')
    let parts = 0
    const back = api.proxy.cut(({ method, key }) => method === 'PUT' && key.startsWith('incoming/') && ++parts > 1)
    t.match(await api.submit(Buffer.alloc(8 * mebibyte, 'x')), { status: 503, body: { type: '/problems/store-unavailable' } })
    back()
    t.strictSame(await api.objects(''), before)
    t.equal(await api.unfinishedUploads(), 0)
  })

  t.test('the queue: accepted, not queued, and the repeated request queues the batch', async t => {
    const { content, id } = fresh()
    const back = api.proxy.cut(({ service }) => service === 'sqs')
    for (const attempt of [1, 2]) {
      const response = await api.submit(content)
      t.match(response, { status: 503, body: { type: '/problems/queue-unavailable', id } }, String(attempt))
      t.equal(response.headers.get('location'), `/batches/${id}`)
      t.match(response.headers.get('retry-after'), /^\d+$/)
    }
    t.match(await api.call(`/batches/${id}`), { status: 200, body: { id, state: 'queued' } })
    t.match(await api.call('/ready'), { status: 503, body: { status: 'unready', checks: { store: 'ok', queue: String } } })
    t.strictSame(await api.objects('pending/'), [`pending/${id}`], 'the sweeper finds the pending record')
    back()
    t.match(await api.submit(content), { status: 202, body: { id, state: 'queued' } })
    t.equal((await api.messages()).filter(message => message.id === id).length, 1)
    await api.settled()
    t.match(await api.call('/ready'), { status: 200 })
  })

  t.test('the response of the queue is lost: one message', async t => {
    const { content, id } = fresh()
    api.proxy.cutResponse(({ method }) => method === 'SendMessage')
    t.match(await api.submit(content), { status: 202, body: { id } })
    t.equal((await api.messages()).filter(message => message.id === id).length, 1)
  })
})

/** Opens a relay for both directions. After `fallSilent`, connections stay open and no data passes. */
async function openRelay (t: Test, upstream: URL): Promise<{ url: string, fallSilent: () => void }> {
  const sockets = new Set<Socket>()
  let silent = false
  const server = createServer(near => {
    const far = connect(Number(upstream.port), upstream.hostname)
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from)
      from.on('data', data => { if (!silent) to.write(data) })
      from.on('error', () => {}).on('close', () => to.destroy())
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const url = new URL(upstream)
  url.port = String((server.address() as { port: number }).port)
  return { url: url.href, fallSilent: () => { silent = true } }
}
