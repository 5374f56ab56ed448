import { createHash } from 'node:crypto'
import t from 'tap'
import { expiryOf, storedToExpireBy } from '../../../../lib/batch/store/payload-expiry.ts'
import { dayMs } from '../../../../lib/calendar/day-ms.ts'
import { publishBatches } from '../../../../services/ingestion-worker/upkeep/backlog.ts'
import { openMetrics, valueOf } from '../../../../lib/metrics/metrics.ts'
import { openDatabase } from '../../../../lib/postgres/database.ts'
import { database } from '../../../harness/database.ts'

t.test('number and age of waiting batches, as in the database', async t => {
  const db = await database(t)
  const sql = db.open('ingestion_worker')
  const metrics = openMetrics('ingestion-worker')
  const look = async () => {
    await publishBatches({ sql, metrics, unfinishedMax: 4 })
    const batches = (state: string) => valueOf(metrics, 'freight_batches', { state })
    return {
      queued: await batches('queued'), processing: await batches('processing'), dead: await batches('dead_lettered'),
      providers: await valueOf(metrics, 'freight_providers_with_work'), oldest: await valueOf(metrics, 'freight_oldest_batch_seconds'),
      share: await valueOf(metrics, 'freight_unfinished_batches_ratio'),
    }
  }
  t.same(await look(), { queued: 0, processing: 0, dead: 0, providers: 0, oldest: 0, share: 0 })

  let number = 0
  const add = async (provider: string, state: string, acceptedSeconds: number, deadLettered = false): Promise<void> => {
    const id = createHash('sha256').update(String(number++)).digest('hex')
    await db.migrator`
      insert into batches (id, provider, mode, state, format, digest, bytes, accepted_at, queued_at, dead_lettered_at)
      values (${id}, ${provider}, 'apply', ${state}, 'csv', ${id}, 1, now() - make_interval(secs => ${acceptedSeconds}), now(),
        ${deadLettered ? db.migrator`now() - interval '1 day'` : null})`
  }
  await add('one', 'applied', 9_000)
  await add('one', 'queued', 100)
  await add('one', 'processing', 300)
  await add('two', 'queued', 50)
  await add('three', 'dead_lettered', 90_000, true)
  const found = await look()
  t.match(found, { queued: 2, processing: 1, dead: 1, providers: 2, share: 0.5 })
  t.ok(found.oldest! >= 300 && found.oldest! < 360, `of the oldest batch that is not final: ${found.oldest}`)
  await add('four', 'queued', 90_000, true)
  t.ok((await look()).oldest! < 360, 'the age of a redriven batch counts from its redrive')

  const expiring = async (payloadKeepDays?: number): Promise<number | undefined> => {
    await publishBatches({ sql, metrics, unfinishedMax: 4, payloadKeepDays })
    return await valueOf(metrics, 'freight_dead_letters_expiring')
  }
  t.equal(await expiring(), 0, 'the bucket deletes no payload')
  await add('five', 'dead_lettered', 25 * 86_400, true)
  t.equal(await expiring(90), 0)
  t.equal(await expiring(31), 1, 'a dead letter of one day and one of 25 days')
  await db.migrator`update batches set payload_stored_at = now() - interval '84 days' where provider = 'three'`
  t.equal(await expiring(90), 1, 'its upload came long before its acceptance')
  // The bucket deletes at midnight: a payload that is 24 days old today expires in 7 days and some hours. At midnight itself it would be 7 days.
  const inSevenDays = new Date(Date.now() + 7 * dayMs)
  const storedAt = storedToExpireBy(inSevenDays, 31)!
  for (const [ms, counted] of [[0, 2], [1, 1]] as const) {
    const at = new Date(storedAt.getTime() + ms)
    await db.migrator`update batches set payload_stored_at = ${at} where provider = 'five'`
    t.equal(expiryOf(at, 31)! <= inSevenDays.toISOString(), counted === 2, 'as the lists and the API report')
    t.equal(await expiring(31), counted)
  }

  const unreachable = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', process: 'test', poolSize: 1 })
  await publishBatches({ sql: unreachable, metrics, unfinishedMax: 4 })
  await unreachable.end({ timeout: 0 })
  t.equal(await valueOf(metrics, 'freight_batches', { state: 'queued' }), undefined, 'absent while the database is unavailable')
  t.equal(await valueOf(metrics, 'freight_oldest_batch_seconds'), undefined)
  t.equal(await valueOf(metrics, 'freight_providers_with_work'), undefined)
  t.equal(await valueOf(metrics, 'freight_dead_letters_expiring'), undefined)
  t.match(await look(), { queued: 3, providers: 3 }, 'and published again afterwards')
})
