import t, { type Test } from 'tap'
import postgres from 'postgres'
import { database } from '../../harness/database.ts'
import { ingestionProcesses } from '../../harness/ingestion-process.ts'
import { pipeline } from '../../harness/pipeline.ts'
import { startProcess } from '../../harness/process.ts'
import { waitFor } from '../../harness/wait.ts'

const rounds = 10
/** An error of a killed backend, as the log has it. */
const stale = /57P01|terminating connection/

type Backends = {
  /** Locks a table until the returned function is called. */
  hold: (table: string) => Promise<() => Promise<void>>
  /** Resolves when a query of the process waits for a lock and all backends of the process are then killed. */
  killUnderQuery: (name: string) => Promise<void>
}

function backends (t: Test, url: string): Backends {
  const superuser = postgres(url, { max: 2 })
  t.teardown(() => superuser.end({ timeout: 1 }))
  const ofProcess = (name: string) => superuser`datname = current_database() and application_name like ${`${name}@%`}`
  return {
    async hold (table) {
      const [locked, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const over = superuser.begin(async tx => {
        await tx`lock table ${tx(table)}`
        locked.resolve()
        await free.promise
      })
      await locked.promise
      return async () => {
        free.resolve()
        await over
      }
    },
    async killUnderQuery (name) {
      await waitFor(async () => (await superuser`select from pg_stat_activity where ${ofProcess(name)} and wait_event_type = 'Lock'`).length > 0)
      await superuser`select pg_terminate_backend(pid) from pg_stat_activity where ${ofProcess(name)}`
    },
  }
}

t.test('ingestion API: the request whose backend was killed succeeds', async t => {
  const it = await ingestionProcesses(t)
  const api = await it.start({ DATABASE_POOL_SIZE: '1' })
  const { hold, killUnderQuery } = backends(t, it.db.url('postgres'))
  const statuses: number[][] = []
  for (let round = 0; round < rounds; round++) {
    const release = await hold('batches')
    const killed = api.call('/batches')
    await killUnderQuery('ingestion-api')
    await release()
    statuses.push([(await killed).status, (await api.call('/batches')).status])
  }
  t.same(statuses, Array(rounds).fill([200, 200]))
  t.notMatch(api.output(), stale)
})

t.test('rates API: the request whose backend was killed succeeds', async t => {
  const db = await database(t)
  const api = await startProcess(t, 'rates-api', { DATABASE_URL: db.url('rates_api'), DATABASE_POOL_SIZE: '2', RATES_CACHE_BYTES: '0' })
  const { hold, killUnderQuery } = backends(t, db.url('postgres'))
  const readRates = async (): Promise<number> =>
    (await fetch(`${api.url}/rates?date_from=2021-01-29&date_to=2021-01-31&orig_code=CNGGZ&dest_code=EETLL`)).status
  const statuses: number[][] = []
  for (let round = 0; round < rounds; round++) {
    const release = await hold('merged_sums')
    const killed = readRates()
    await killUnderQuery('rates-api')
    await release()
    statuses.push([await killed, await readRates()])
  }
  t.same(statuses, Array(rounds).fill([200, 200]))
  t.notMatch(api.output(), stale)
})

t.test('ingestion worker: its queries after a lost connection succeed at once', async t => {
  const it = await pipeline(t)
  const worker = await startProcess(t, 'ingestion-worker', {
    ...it.aws.env, DATABASE_URL: it.db.url('ingestion_worker'), RECEIVE_SECONDS: '1', WORKER_CONCURRENCY: '1', SWEEP_SECONDS: '1', LOG_LEVEL: 'debug',
  })
  const { hold, killUnderQuery } = backends(t, it.db.url('postgres'))
  for (let round = 0; round < rounds; round++) {
    const release = await hold('batches')
    const { id } = await it.submit(`orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,${round + 1}\n`)
    await killUnderQuery('ingestion-worker')
    await release()
    await it.settled(id, 'applied')
    t.equal(await it.visible(id), 1)
  }
  t.notMatch(worker.output(), stale)
})
