import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startEmulator } from '../../../dev/emulator/emulator.ts'
import { startTask } from '../drill/task.ts'
import { aws } from '../../harness/aws.ts'
import { database } from '../../harness/database.ts'
import { waitLimitMs } from '../../harness/patience.ts'
import { startApis } from './apis.ts'
import { makeDeadLetter } from './dead-letter.ts'
import { areas, readArea } from './exchange.ts'
import { problems } from '../../../lib/http/problem.ts'
import { replay, type Target } from './replay.ts'

/** All recordings of test/system/contract, against the processes of this code. */
const release = { version: 'this', folder: join(import.meta.dirname, '../../..') }
let target: Target
t.before(async () => {
  const emulator = await startEmulator({ port: 0, host: '127.0.0.1' }) // the emulator of the other tests ignores `If-None-Match`
  t.teardown(emulator.stop)
  const [db, resources] = await Promise.all([database(t as Test), aws(t as Test, { endpoint: `http://127.0.0.1:${emulator.port}` })])
  const environments = {
    'rates-api': { DATABASE_URL: db.url('rates_api') },
    'ingestion-api': { ...resources.env, DATABASE_URL: db.url('ingestion_api') },
    'ingestion-worker': { ...resources.env, DATABASE_URL: db.url('ingestion_worker'), RECEIVE_SECONDS: '1' },
  }
  const run = randomUUID().slice(0, 8)
  const [apis, worker] = await Promise.all([
    startApis(release, environments, run), startTask(release, 'ingestion-worker', environments['ingestion-worker']),
  ])
  t.teardown(() => Promise.all([apis.stop(), worker.stop(5_000)]))
  target = { urls: apis.urls, run, patienceMs: waitLimitMs, deadLetter: id => makeDeadLetter(db.migrator, resources.env, id) }
})

for (const name of areas()) {
  t.test(name, async t => {
    for (const { name: exchange, differences } of await replay(target, name, readArea(name))) t.same(differences, [], exchange)
  })
}

/**
 * Problems that need a fault of this code or of the store (test/services/ingestion-api/routes/dead-letters.test.ts), many requests
 * (test/services/ingestion-api/routes/profiles.test.ts), or a frozen worker (test/services/ingestion-api/unfinished.test.ts).
 */
const unrecorded = [
  'payload-gone', 'not-discardable', 'too-many-profiles', 'prices-removed', 'too-many-unfinished', 'internal-error', 'effect-pending', 'overloaded', 'keys-unavailable',
]

t.test('every problem that one request can provoke is recorded', async t => {
  const responses = areas().flatMap(name => readArea(name).exchanges).map(({ answer: response }) => response?.json as { type?: string } | undefined)
  const recorded = new Set(responses.map(answer => answer?.type))
  t.same(Object.keys(problems).filter(code => !recorded.has(`/problems/${code}`)), unrecorded)
})
