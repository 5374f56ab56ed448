import t, { type Test } from 'tap'
import { openMetrics } from '../../../../lib/metrics/metrics.ts'
import { protectTask } from '../../../../services/ingestion-worker/receive/protection.ts'
import { ecsAgent, lateMs } from '../../../harness/ecs-agent.ts'
import { lockBatchLanes } from '../../../harness/lock.ts'
import { pipeline, silent, type Pipeline } from '../../../harness/pipeline.ts'
import { startProcess, type Process } from '../../../harness/process.ts'
import { waitFor } from '../../../harness/wait.ts'

t.jobs = 3 // the tests wait for configured seconds, each with its own processes

const csv = (day: string): string => `orig_code,dest_code,day,price\nCNGGZ,EETLL,${day},1\n`
const on = { ProtectionEnabled: true, ExpiresInMinutes: 1 }
const off = { ProtectionEnabled: false }

const worker = (t: Test, it: Pipeline, uri: string): Promise<Process> => startProcess(t, 'ingestion-worker', {
  ...it.aws.env, DATABASE_URL: it.db.url('ingestion_worker'), RECEIVE_SECONDS: '1', WORKER_CONCURRENCY: '1', ECS_AGENT_URI: uri, PROTECTION_SECONDS: '1',
})

t.test('protected while a batch is in flight, renewed, and not protected when idle or stopped', async t => {
  const [it, agent] = [await pipeline(t), await ecsAgent(t)]
  const process = await worker(t, it, agent.uri)
  const lock = await lockBatchLanes(t, it.db)
  const first = await it.submit(csv('2021-01-05'))
  await lock.awaited()
  await waitFor(() => agent.calls.length > 2)
  t.same([...new Set(agent.calls.map(call => JSON.stringify(call)))], [JSON.stringify(on)])
  await lock.release()
  await it.settled(first.id, 'applied')
  await waitFor(() => agent.calls.some(({ ProtectionEnabled }) => !ProtectionEnabled))
  t.same(agent.calls.at(-1), off)
  t.equal(agent.calls.filter(({ ProtectionEnabled }) => !ProtectionEnabled).length, 1)

  const again = await lockBatchLanes(t, it.db)
  await it.submit(csv('2021-01-06'))
  await again.awaited()
  await waitFor(() => agent.calls.at(-1)?.ProtectionEnabled === true)
  const exited = process.kill('SIGTERM')
  await again.release()
  t.match(await exited, { code: 0 })
  t.same(agent.calls.at(-1), off)
})

for (const mood of ['unavailable', 'broken', 'silent', 'late'] as const) {
  t.test(`an agent that is ${mood} does not stop work`, async t => {
    const [it, agent] = [await pipeline(t), await ecsAgent(t)]
    agent.be(mood)
    const process = await worker(t, it, agent.uri)
    for (const day of ['2021-01-05', '2021-01-06']) t.match(await it.settled((await it.submit(csv(day))).id, 'applied'), { state: 'applied' })
    await process.untilOutput('"protection":"failed"')
    t.match(await it.settled((await it.submit(csv('2021-01-07'))).id, 'applied'), { state: 'applied' })
    t.equal(process.output().match(/"protection":"failed"/g)!.length, 1, 'logged once')
    agent.be('available')
    await waitFor(() => agent.calls.at(-1)?.ProtectionEnabled === false)
    t.match(await process.kill('SIGTERM'), { code: 0 })
  })
}

t.test('a deployment waits: the batch in flight is finished, none is received until the deployment no longer waits', async t => {
  const [it, agent] = [await pipeline(t), await ecsAgent(t)]
  const process = await worker(t, it, agent.uri)
  const lock = await lockBatchLanes(t, it.db)
  const first = await it.submit(csv('2021-01-05'))
  await lock.awaited()
  await waitFor(() => agent.calls.length > 0)
  agent.be('blocked')
  await process.untilOutput('"protection":"blocked"')
  const second = await it.submit(csv('2021-01-06'), { provider: 'demo-2' })
  await lock.release()
  await it.settled(first.id, 'applied')
  await waitFor(() => agent.calls.at(-1)?.ProtectionEnabled === false)
  const idleSince = agent.calls.length
  await waitFor(() => agent.calls.length >= idleSince + 3) // the worker polls whether the deployment still waits
  t.same(agent.calls.slice(idleSince, idleSince + 3), [on, on, on])
  t.same(await it.db.migrator`select 1 from batch_attempts where batch_id = ${second.id}`, [])
  agent.be('available')
  t.match(await it.settled(second.id, 'applied'), { state: 'applied' })
  await waitFor(() => agent.calls.at(-1)?.ProtectionEnabled === false)

  agent.be('blocked')
  await it.submit(csv('2021-01-07'))
  await waitFor(() => (process.output().match(/"protection":"blocked"/g) ?? []).length === 2)
  t.match(await process.kill('SIGTERM'), { code: 0 }, 'the worker exits while the deployment waits')
})

t.test('a deployment waits and the agent responds after 60 s: receiving resumes at the agent\'s timeout', async t => {
  const [it, agent] = [await pipeline(t), await ecsAgent(t)]
  agent.be('blocked')
  const process = await worker(t, it, agent.uri)
  await it.submit(csv('2021-01-05'))
  await process.untilOutput('"protection":"blocked"')
  agent.be('late')
  const from = performance.now()
  const next = await it.submit(csv('2021-01-06'), { provider: 'demo-2' })
  await it.settled(next.id, 'applied')
  t.ok(performance.now() - from < lateMs, 'not paused until the agent responds')
})

t.test('calls to a slow agent do not pile up', async t => {
  const agent = await ecsAgent(t)
  agent.be('silent')
  const protection = protectTask({ agentUri: agent.uri, renewSeconds: 60, agentTimeoutMs: 300, log: silent, metrics: openMetrics('ingestion-worker') })
  for (let batches = 0; batches < 100; batches++) protection.acquire()()
  protection.acquire()
  await waitFor(() => agent.calls.length > 0)
  await protection.stop()
  t.equal(agent.calls.length, 1)
})
