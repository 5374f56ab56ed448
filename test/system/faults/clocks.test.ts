import { HeadObjectCommand } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { header, inspect, testKeys, client } from '../../harness/ingestion-api.ts'
import { aws, type AwsOptions } from '../../harness/aws.ts'
import { awsProxy } from '../../harness/aws-proxy.ts'
import { wrongClock } from '../../harness/clock.ts'
import { database } from '../../harness/database.ts'
import { lockBatchLanes } from '../../harness/lock.ts'
import type { OpenApi } from '../../harness/openapi.ts'
import { startProcess, type Process } from '../../harness/process.ts'
import { waitFor } from '../../harness/wait.ts'

const hourMs = 3_600_000
const csv = `${header}CNGGZ,EETLL,2021-01-05,100\n`

t.test('one process is an hour ahead, the other an hour behind: the same key is one batch, and the order is that of sending', async t => {
  const it = await system(t)
  const [ahead, behind] = [await it.startApi(hourMs), await it.startApi(-hourMs)]
  await it.startWorker(hourMs)
  await it.startWorker(-hourMs)
  const key = { headers: { 'idempotency-key': 'one' } }
  const [first, again] = [await ahead.submit(csv, key), await behind.submit(csv, key)]
  t.equal(first.status, 202)
  t.equal(again.body.id, first.body.id)
  const second = await behind.submit(`${csv}CNGGZ,EETLL,2021-01-05,7\n`)
  const third = await ahead.submit(`${csv}CNGGZ,EETLL,2021-01-05,8\n`)
  await it.applied(third.body.id)
  const batches = await it.db.migrator`
    select id, finished_at between now() - interval '5 minutes' and now() and started_at <= finished_at as timed,
      (select count(*)::int from all_prices where batch_number = number) as rows
    from batches order by finished_at`
  const timed = true
  t.same(batches, [{ id: first.body.id, timed, rows: 1 }, { id: second.body.id, timed, rows: 2 }, { id: third.body.id, timed, rows: 2 }])
})

for (const [name, aheadMs] of [['ahead', hourMs], ['behind', -hourMs]] as const) {
  t.test(`a sweeper an hour ${name}: the acceptance of a lost process is finished when it is old by the store's clock`, async t => {
    const it = await system(t)
    const api = await it.startApi(0)
    const sending = it.proxy.hold(({ method }) => method === 'SendMessage', 'call')
    api.submit(csv).catch(() => {}) // the process is killed before it responds
    await sending.reached
    await api.kill('SIGKILL')
    const [id] = (await it.objects('batches/')).map(key => key.slice('batches/'.length, -'.json'.length))
    const worker = await it.startWorker(aheadMs)
    await it.applied(id!)
    t.match(worker.output(), /accepted batch queued by the sweeper/)
    const [{ seconds }] = await it.db.migrator<[{ seconds: number }]>`
      select extract(epoch from started_at - ${await it.manifestWritten(id!)}::timestamptz)::float8 as seconds from batches`
    t.ok(seconds > 2, `begun ${seconds} s after its acceptance, whose request may take 3 s: to the second, by the store's clock`)
  })
}

t.test('the clock is set back two hours in the middle of a batch: the message stays in flight', async t => {
  const it = await system(t, { maxReceives: 1, visibilitySeconds: 2 })
  const api = await it.startApi(0)
  const worker = await it.startWorker(hourMs, -2 * hourMs)
  const lock = await lockBatchLanes(t, it.db)
  const { body: { id } } = await api.submit(csv)
  await lock.awaited()
  process.kill(worker.pid, 'SIGUSR2')
  const heartbeats = (): number => it.proxy.calls.filter(({ method }) => method === 'ChangeMessageVisibility').length
  const before = heartbeats()
  await waitFor(() => heartbeats() >= before + 4)
  await lock.release()
  await it.applied(id)
  t.match(await it.db.migrator`select attempt, outcome from batch_attempts`, [{ attempt: 1, outcome: 'applied' }])
})

/** Starts processes on one database, store and queue, each with its own clock error. */
async function system (t: Test, options: AwsOptions = {}) {
  const proxy = await awsProxy(t)
  const [db, resources] = await Promise.all([database(t), aws(t, { visibilitySeconds: 3, ...options })])
  const env = { ...resources.env, AWS_ENDPOINT_URL: proxy.endpoint }
  return {
    db, proxy, ...inspect(resources, db),
    async startApi (aheadMs: number): Promise<Process & ReturnType<typeof client>> {
      const api = await startProcess(t, 'ingestion-api', {
        ...env, ...wrongClock(aheadMs), DATABASE_URL: db.url('ingestion_api'), API_KEYS: JSON.stringify(testKeys),
      })
      const document = await (await fetch(`${api.url}/openapi.json`)).json() as OpenApi
      return { ...api, ...client(t, api.url, () => document) }
    },
    startWorker: (aheadMs: number, stepMs = 0): Promise<Process> => startProcess(t, 'ingestion-worker', {
      ...env, ...wrongClock(aheadMs, stepMs), DATABASE_URL: db.url('ingestion_worker'),
      VISIBILITY_SECONDS: '3', RECEIVE_SECONDS: '1', SWEEP_SECONDS: '1', LOST_AFTER_SECONDS: '3',
    }),
    async manifestWritten (id: string): Promise<string> {
      const { LastModified } = await resources.s3.send(new HeadObjectCommand({ Bucket: resources.bucket, Key: `batches/${id}.json` }))
      return LastModified!.toISOString()
    },
    applied: (id: string) => waitFor(async () => (await db.migrator`select 1 from batches where id = ${id} and state = 'applied'`).length > 0),
  }
}
