import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { PurgeQueueCommand } from '@aws-sdk/client-sqs'
import { bucket } from '../../../dev/emulator/resources.ts'
import type { AlarmName } from '../../../observability/alarms.ts'
import { openStore } from '../../../lib/batch/store/store.ts'
import { withPrices } from '../../../lib/batch/store/manifest.ts'
import { holdTables } from '../../harness/lock.ts'
import { waitFor } from '../../harness/wait.ts'
import { asReader, goodRow, path, providers, readersKeys, type Fixture } from './fixture.ts'

export type Cause = {
  what: string
  alarms: AlarmName[]
  /** Causes the condition. The returned function ends it. */
  trigger: (fixture: Fixture) => Promise<() => Promise<unknown>>
}

/** The fault that makes each alarm fire. */
export const causes: Cause[] = [
  {
    what: 'PostgreSQL is stopped while clients call the rates API',
    alarms: ['database-unavailable', 'rates-errors', 'worker-stopped'],
    async trigger ({ server, standby, pollRates, submit }) {
      const stop = pollRates(2)
      await server.stop()
      await submit('north', goodRow())
      return async () => {
        await server.start()
        await standby.resume().catch(() => {})
        await stop()
      }
    },
  },
  {
    what: 'the store and the queue are unavailable while a provider sends',
    alarms: ['ingestion-errors'],
    async trigger ({ emulator, startEmulator, submit }) {
      await emulator.kill('SIGKILL')
      const over = new AbortController()
      const sending = (async () => {
        while (!over.signal.aborted) {
          await submit('north', goodRow()).catch(() => {})
          await new Promise(resolve => setTimeout(resolve, 100))
        }
      })()
      return async () => {
        over.abort()
        await sending
        await startEmulator()
      }
    },
  },
  {
    what: 'a session locks the read model while clients call the rates API and a batch arrives',
    alarms: ['rates-latency', 'slow-queries', 'backlog-age'],
    async trigger ({ admin, pollRates, submit }) {
      const unlock = await holdTables(admin, 'merged_sums', 'batch_lanes')
      await submit('south', goodRow())
      const stop = pollRates(20)
      return async () => { await Promise.all([unlock(), stop()]) }
    },
  },
  {
    what: 'a provider sends twenty batches while a session locks the lanes of batches',
    alarms: ['queue-length'],
    async trigger ({ admin, submit }) {
      const unlock = await holdTables(admin, 'batch_lanes')
      for (let sent = 0; sent < 20; sent++) await submit('east', goodRow())
      return unlock
    },
  },
  {
    what: 'a provider has 4,500 waiting batches',
    alarms: ['unfinished-batches'],
    async trigger ({ admin }) {
      // Queued in the future, so that the sweeper sends no messages for them.
      await admin`
        insert into batches (id, provider, mode, format, digest, bytes, accepted_at, queued_at)
        select id, 'many', 'apply', 'csv', id, 1, now(), now() + interval '1 hour'
        from generate_series(1, 4500) as number, encode(sha256(convert_to('waits ' || number, 'UTF8')), 'hex') as id`
      return () => admin`delete from batches where provider = 'many'`
    },
  },
  {
    what: 'a worker is killed and not started again',
    alarms: ['process-down'],
    async trigger ({ worker1 }) {
      await worker1.kill('SIGKILL')
      return () => worker1.start()
    },
  },
  {
    what: 'five batches name a day that does not exist',
    alarms: ['rejected-batches'],
    async trigger ({ submit }) {
      for (const provider of providers) await submit(provider, `${goodRow()}CNGGZ,EETLL,2021-02-30,1000\n`)
      return async () => {}
    },
  },
  {
    what: 'payloads of several providers are changed in the store before they are read',
    alarms: ['store-suspect', 'dead-letters'],
    async trigger ({ workers, submit, s3, discardDeadLetters }) {
      await Promise.all(workers.map(worker => worker.kill('SIGTERM')))
      const store = openStore(s3, bucket)
      const changed: Array<{ Key: string, Body: Uint8Array }> = []
      for (const provider of providers) {
        const { payload } = withPrices((await store.readManifest(await submit(provider, goodRow())))!)
        changed.push({ Key: payload.key, Body: Buffer.concat(await (await store.openPayload(payload)).toArray() as Buffer[]) })
        await s3.send(new PutObjectCommand({ Bucket: bucket, Key: payload.key, Body: 'something else' }))
      }
      await Promise.all(workers.map(worker => worker.start()))
      return async () => {
        for (const { Key, Body } of changed) await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))
        await discardDeadLetters()
      }
    },
  },
  {
    what: 'a batch is held because its prices look wrong',
    alarms: ['held-batches'],
    async trigger ({ admin }) {
      await admin`
        insert into batches (id, provider, mode, format, digest, bytes, accepted_at, state, held_at, reason)
        select id, 'north', 'apply', 'csv', id, 1, now(), 'held', now(), 'OUTLIERS: x' from encode(sha256(convert_to('held', 'UTF8')), 'hex') as id`
      return async () => { await admin`update batches set state = 'withdrawn' where state = 'held'` }
    },
  },
  {
    what: 'the payload of a dead letter arrived 85 days ago',
    alarms: ['payloads-expiring'],
    async trigger ({ admin, discardDeadLetters }) {
      await admin`
        insert into batches (id, provider, mode, format, digest, bytes, accepted_at, state, dead_lettered_at, reason)
        select id, 'north', 'apply', 'csv', id, 1, now() - interval '85 days', 'dead_lettered', now(), 'NoSuchKey: x'
        from encode(sha256(convert_to('old', 'UTF8')), 'hex') as id`
      return discardDeadLetters
    },
  },
  {
    what: 'the last step of each batch is refused for an unknown reason, and each message is delivered once',
    alarms: ['batch-failures'],
    async trigger ({ workers, submit, admin, setMaxReceives, discardDeadLetters }) {
      await setMaxReceives(1)
      await admin.unsafe(`
        create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused' using errcode = 'P0001'; end $$;
        create trigger refuse before insert on applied_batches for each row execute function refuse()`).simple()
      await Promise.all(workers.map(worker => worker.kill('SIGTERM')))
      for (const provider of providers) await submit(provider, goodRow())
      await Promise.all(workers.map(worker => worker.start()))
      return async () => {
        await admin`drop trigger refuse on applied_batches`
        await admin`drop function refuse`
        await setMaxReceives(10)
        await discardDeadLetters()
      }
    },
  },
  {
    what: 'a message arrives that names no batch',
    alarms: ['stray-messages'],
    async trigger ({ sendStray }) {
      await sendStray()
      return async () => {}
    },
  },
  {
    what: 'a message is dead-lettered while the workers cannot reach the database',
    alarms: ['dead-letter-queue'],
    async trigger ({ workers, submit, sendDeadLetter, discardDeadLetters, admin }) {
      const id = await submit('west', goodRow())
      await waitFor(async () => (await admin`select 1 from batches where id = ${id} and state = 'applied'`).length > 0)
      for (const { postgres } of workers) postgres.refuse(true)
      await sendDeadLetter(id)
      return async () => {
        for (const { postgres } of workers) postgres.refuse(false)
        await discardDeadLetters()
      }
    },
  },
  {
    what: 'the queue is emptied by hand while no worker runs',
    alarms: ['messages-requeued'],
    async trigger ({ workers, submit, sqs, queueUrl, admin }) {
      await Promise.all(workers.map(worker => worker.kill('SIGTERM')))
      const ids = await Promise.all(providers.map(provider => submit(provider, goodRow())))
      await waitFor(async () => (await admin`select 1 from batches where id in ${admin(ids)}`).length === ids.length)
      await sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl }))
      await Promise.all(workers.map(worker => worker.start()))
      return async () => {}
    },
  },
  {
    what: 'a lane has 300 rows that no worker may merge',
    alarms: ['merging-behind'],
    async trigger ({ admin }) {
      await admin`revoke delete on unmerged_prices from batch_writer`
      await admin`
        insert into unmerged_prices (month, orig_code, dest_code, runs, days, cents)
        select date_trunc('month', now()), 'CNGGZ', 'EETLL', int8send(number) || int4send(1), '\\x01', int4send(100) from generate_series(1, 300) as number`
      return async () => {
        await admin`delete from unmerged_prices where orig_code = 'CNGGZ' and dest_code = 'EETLL'`
        await admin`grant delete on unmerged_prices to batch_writer`
      }
    },
  },
  {
    what: 'no month after the next two has a partition',
    alarms: ['months-left'],
    async trigger ({ admin }) {
      const removed = await admin<Array<{ month: string }>>`delete from price_months where month > now() + interval '2 months' returning month::text`
      return () => admin`insert into price_months ${admin(removed)}`
    },
  },
  {
    what: 'the replica is stopped',
    alarms: ['replica-lag'],
    async trigger ({ standby }) {
      await standby.stop()
      return () => standby.start()
    },
  },
  {
    what: 'Secrets Manager is unavailable',
    alarms: ['api-keys-stale'],
    async trigger ({ secrets }) {
      secrets.respondWith('unavailable')
      return async () => secrets.respondWith(readersKeys)
    },
  },
  {
    what: 'a process gets no CPU for 0.7 s of every second',
    alarms: ['event-loop-delay'],
    async trigger ({ ingestionApi }) {
      let frozen = false
      const timer = setInterval(() => {
        ingestionApi.freeze(frozen = true)
        setTimeout(() => ingestionApi.freeze(frozen = false), 700)
      }, 1_000)
      return async () => {
        clearInterval(timer)
        await waitFor(() => !frozen)
      }
    },
  },
  {
    what: 'the cache of a rates API is set larger than its memory, and filled',
    alarms: ['memory'],
    async trigger ({ replicated }) {
      const over = new AbortController()
      let next = 0
      const polling = Array.from({ length: 16 }, async () => {
        while (!over.signal.aborted) {
          const from = new Date(Date.UTC(2000, 0, 1 + next++ % 8_000)).toISOString().slice(0, 10)
          const to = new Date(Date.parse(from) + 365 * 86_400_000).toISOString().slice(0, 10)
          const query = `date_from=${from}&date_to=${to}&orig_code=${next % 16_000 < 8_000 ? 'CNGGZ' : 'CNSGH'}&dest_code=${next % 32_000 < 16_000 ? 'EETLL' : 'NLRTM'}`
          await fetch(`${replicated.url}/rates?${query}`, asReader).then(response => response.text(), () => '')
        }
      })
      return async () => {
        over.abort()
        await Promise.all(polling)
        await replicated.kill('SIGTERM')
        await replicated.start()
      }
    },
  },
  {
    what: 'more requests arrive than one core can handle',
    alarms: ['cpu'],
    async trigger ({ ratesApi }) {
      const program = fileURLToPath(import.meta.resolve('autocannon'))
      const cannon = spawn(process.execPath, [program, '-c', '50', '-d', '300', ratesApi.url + path], { stdio: 'ignore' })
      const exited = once(cannon, 'exit')
      return async () => {
        cannon.kill()
        await exited
      }
    },
  },
]
