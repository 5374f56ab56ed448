import { createHash } from 'node:crypto'
import t from 'tap'
import { aws } from '../harness/aws.ts'
import { database } from '../harness/database.ts'
import { startProcess, type Process } from '../harness/process.ts'
import { waitFor } from '../harness/wait.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const caller = '00f067aa0ba902b7'
const secret = 'demo-key-that-nobody-may-read'

type Line = Record<string, any>
const linesOf = (process: Process): Line[] => process.output().split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line) as Line)

t.test('one id leads from the request of a batch to its commit and to its readers, through the logs of three processes', async t => {
  const [db, { env }] = await Promise.all([database(t), aws(t)])
  const keys = [{ provider: 'demo', sha256: createHash('sha256').update(secret).digest('hex'), scopes: ['submit', 'read'] }]
  const common = { ...env, API_KEYS: JSON.stringify(keys) }
  const [ratesApi, ingestionApi, worker] = await Promise.all([
    startProcess(t, 'rates-api', { ...common, DATABASE_URL: db.url('rates_api') }),
    startProcess(t, 'ingestion-api', { ...common, DATABASE_URL: db.url('ingestion_api') }),
    startProcess(t, 'ingestion-worker', { ...common, DATABASE_URL: db.url('ingestion_worker'), RECEIVE_SECONDS: '1' }),
  ])
  const traceparent = `00-${traceId}-${caller}-01`
  const response = await fetch(`${ingestionApi.url}/batches`, {
    method: 'POST', body: 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,1234.56\n',
    headers: { traceparent, authorization: `Bearer ${secret}`, 'content-type': 'text/csv' },
  })
  const { id: batchId } = await response.json() as { id: string }
  await waitFor(() => linesOf(worker).some(({ msg, outcome }) => msg === 'batch done' && outcome === 'applied'))
  const path = '/rates?date_from=2021-01-05&date_to=2021-01-05&orig_code=CNGGZ&dest_code=EETLL'
  const { rates } = await (await fetch(ratesApi.url + path, { headers: { traceparent } })).json() as { rates: unknown[] }
  t.match(rates, [{ day: '2021-01-05', count: 1 }])
  for (const process of [ratesApi, ingestionApi]) await waitFor(() => linesOf(process).some(({ msg, route }) => msg === 'request' && route !== '/live'))

  const [accepting, applying, reading] = [ingestionApi, worker, ratesApi].map(process => linesOf(process).filter(line => line.traceId === traceId))
  t.same(accepting!.map(({ msg, step, route }) => step ?? route ?? msg), ['store', 'accept', '/batches'])
  t.same(applying!.map(({ msg, step }) => step ?? msg), ['queue', 'fetch', 'parse', 'load', 'commit', 'batch done'])
  t.same(reading!.map(({ route, status }) => [route, status]), [['/rates', 200]])

  const [{ requestId }] = accepting as [Line]
  t.match(requestId, /^[0-9a-f]{16}$/)
  t.ok(accepting!.every(line => line.requestId === requestId), 'each line of the request names it')
  t.ok(applying!.every(line => line.requestId === requestId && line.batchId === batchId), 'each line of the worker names batch and request')
  t.not(reading![0]!.requestId, requestId, 'another request of the same trace')
  for (const process of [ratesApi, ingestionApi, worker]) {
    t.notMatch(process.output(), secret)
    t.notMatch(process.output(), '1234.56')
    t.notMatch(process.output(), new URL(db.url('rates_api')).password + '@')
  }
})

t.test('a batch without its own trace gets one, and a repeated message finds it in the store', async t => {
  const [db, { env, sqs, queueUrl }] = await Promise.all([database(t), aws(t)])
  const keys = [{ provider: 'demo', sha256: createHash('sha256').update(secret).digest('hex'), scopes: ['submit'] }]
  const ingestionApi = await startProcess(t, 'ingestion-api', { ...env, API_KEYS: JSON.stringify(keys), DATABASE_URL: db.url('ingestion_api') })
  await fetch(`${ingestionApi.url}/batches`, {
    method: 'POST', body: 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,1000\n',
    headers: { traceparent: '00-not-a-trace-01', authorization: `Bearer ${secret}`, 'content-type': 'text/csv' },
  })
  await waitFor(() => linesOf(ingestionApi).some(({ msg }) => msg === 'request'))
  const accepted = linesOf(ingestionApi).find(({ step }) => step === 'accept')!
  t.match(accepted.traceId, /^[0-9a-f]{32}$/)
  const { PurgeQueueCommand, SendMessageCommand } = await import('@aws-sdk/client-sqs')
  await sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl }))
  await sqs.send(new SendMessageCommand({
    QueueUrl: queueUrl, MessageBody: JSON.stringify({ version: 1, id: accepted.batchId }), MessageGroupId: 'demo', MessageDeduplicationId: 'again',
  }))
  const worker = await startProcess(t, 'ingestion-worker', { ...env, DATABASE_URL: db.url('ingestion_worker'), RECEIVE_SECONDS: '1' })
  await waitFor(() => linesOf(worker).some(({ msg }) => msg === 'batch done'))
  const lines = linesOf(worker).filter(({ batchId }) => batchId === accepted.batchId)
  t.ok(lines.length > 5 && lines.every(line => line.traceId === accepted.traceId && line.requestId === accepted.requestId))
})
