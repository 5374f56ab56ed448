import t from 'tap'
import { awsProxy } from '../../harness/aws-proxy.ts'
import { pipeline } from '../../harness/pipeline.ts'
import { startProcess, type Process } from '../../harness/process.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'

t.test('a batch that kills every worker that takes it: a dead letter after its last receive, and all others are applied meanwhile', async t => {
  const proxy = await awsProxy(t)
  const maxReceives = 3
  const it = await pipeline(t, { visibilitySeconds: 2, maxReceives })
  const start = (): Promise<Process> => startProcess(t, 'ingestion-worker', {
    ...it.aws.env, AWS_ENDPOINT_URL: proxy.endpoint, DATABASE_URL: it.db.url('ingestion_worker'), VISIBILITY_SECONDS: '3', RECEIVE_SECONDS: '1',
  })
  const poison = await it.submit(csv)
  const behind = await it.submit(csv, { key: 'after it in the provider\'s order' })
  for (let receive = 1; receive <= maxReceives; receive++) {
    const taken = proxy.hold(({ key }) => key === poison.payload.key, 'call')
    const worker = await start()
    await taken.reached
    const innocent = await it.submit(csv, { provider: `innocent-${receive}` })
    await it.settled(innocent.id, 'applied')
    t.same(await worker.kill('SIGKILL'), { code: null, signal: 'SIGKILL' })
  }
  await start()
  t.match(await it.settled(poison.id, 'dead_lettered', 'applied'), { state: 'dead_lettered', reason: /^UNKNOWN: / })
  t.same(await it.db.migrator`select outcome from batch_attempts where batch_id = ${poison.id}`, Array(maxReceives).fill({ outcome: null }))
  t.equal(await it.visible(poison.id), 0)
  await it.settled(behind.id, 'applied')
  t.equal(await it.deadLetters.countMessages(), 0)
})
