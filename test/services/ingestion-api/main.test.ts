import { createServer } from 'node:net'
import t from 'tap'
import { header, mebibyte, sha256, testKeys } from '../../harness/ingestion-api.ts'
import { ingestionProcesses } from '../../harness/ingestion-process.ts'
import { runProcess } from '../../harness/process.ts'
import { chunk, head, rawRequest } from '../../harness/raw-http.ts'
import { waitFor } from '../../harness/wait.ts'

const content = `${header}CNGGZ,EETLL,2021-01-05,1\n`

t.test('SIGTERM in the middle of a body: the body is accepted and recorded, then the process exits with 0', async t => {
  const system = await ingestionProcesses(t)
  const process = await system.start()
  const idle = rawRequest(t, process.url) // a connection that has sent a request before and is kept alive
  await idle.send(head({ 'content-length': 0 }))
  t.match(await idle.nextResponse(), { status: 400 })

  const request = rawRequest(t, process.url)
  const arrived = system.proxy.hold(({ method, key }) => method === 'PUT' && key.startsWith('incoming/'), 'call')
  const block = Buffer.alloc(6 * mebibyte, 'x')
  await request.send(head({ 'transfer-encoding': 'chunked' }))
  await request.send(chunk(block))
  await arrived.reached // the first part is in flight: the process is receiving the body
  const exited = process.kill('SIGTERM')
  await process.untilOutput('"signal":"SIGTERM"')
  await waitFor(() => fetch(`${process.url}/live`).then(() => false, () => true)) // new connections are refused
  await idle.closed
  arrived.release()
  await request.send(chunk(block))
  await request.send(chunk(''))
  const { status, body } = await request.nextResponse()
  t.equal(status, 202)
  t.equal(body.digest, sha256(Buffer.concat([block, block])))
  t.same(await exited, { code: 0, signal: null })
  t.strictSame(await system.objects('pending/'), [])
  t.same(await system.db.migrator`select id from batches`, [{ id: body.id }])
})

t.test('a second signal exits at once', async t => {
  const system = await ingestionProcesses(t)
  const process = await system.start()
  const request = rawRequest(t, process.url)
  const arrived = system.proxy.hold(({ method, key }) => method === 'PUT' && key.startsWith('incoming/'), 'call')
  await request.send(head({ 'content-length': content.length }) + content)
  await arrived.reached
  const exited = process.kill('SIGTERM')
  await process.untilOutput('"signal":"SIGTERM"')
  t.same(await process.kill('SIGTERM'), { code: 1, signal: null })
  await exited
})

t.test('without a database the process starts, accepts batches and exits', async t => {
  const system = await ingestionProcesses(t)
  const process = await system.start({ DATABASE_URL: 'postgres://x:x@127.0.0.1:1/x' })
  t.match(await process.submit(content), { status: 202 })
  t.match(await process.call('/ready'), { status: 200 })
  t.same(await process.kill('SIGTERM'), { code: 0, signal: null })
  t.notMatch(process.output(), /demo-key|[0-9a-f]{64}","scopes/, 'no key in the log')
})

t.test('configurations that prevent the start', async t => {
  const nothing = await runProcess(t, 'ingestion-api', {})
  t.equal(nothing.code, 1)
  const missing = ['API_KEYS', 'AWS_REGION', 'DATABASE_URL', 'DEAD_LETTER_QUEUE_URL', 'PAYLOAD_BUCKET', 'QUEUE_URL']
  t.same(nothing.output.trimEnd().split('\n').slice(1).map(line => line.trim().split(' ')[0]), missing)

  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const { code, output } = await runProcess(t, 'ingestion-api', {
    DATABASE_URL: 'postgres://x:x@127.0.0.1:1/x', QUEUE_URL: 'http://x/x', DEAD_LETTER_QUEUE_URL: 'http://x/x', PAYLOAD_BUCKET: 'xxx', AWS_REGION: 'x',
    API_KEYS: JSON.stringify(testKeys), PORT: String((taken.address() as { port: number }).port),
  })
  t.equal(code, 1)
  t.match(output, 'EADDRINUSE')
})
