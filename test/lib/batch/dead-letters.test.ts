import t from 'tap'
import { actOn, listAuditEntries, listDeadLetters } from '../../../lib/batch/dead-letters.ts'
import { restorePayload } from '../../harness/payloads.ts'
import { pipeline } from '../../harness/pipeline.ts'
import { startWorker } from '../../harness/worker.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'

t.test('a batch that always fails is dead-lettered, and is applied when it is redriven after the fix', async t => {
  const it = await pipeline(t, { maxReceives: 2 })
  startWorker(t, it)
  const poison = await it.submit(csv, { stored: csv.replace('100', '999') })
  const innocent = await it.submit(csv, { provider: 'demo-2' })
  await it.settled(innocent.id, 'applied')

  const dead = await it.settled(poison.id, 'dead_lettered')
  t.match(dead.reason, /^DIGEST_MISMATCH/)
  const api = it.db.open('ingestion_api')
  t.match(await listDeadLetters(api, { limit: 10 }), [{ id: poison.id, provider: 'demo', attempts: 2 }])
  t.same(await listDeadLetters(api, { provider: 'demo-2', limit: 10 }), [])

  await restorePayload(it, poison, csv)
  const actor = { name: 'someone', reason: 'payload restored' }
  const twice = await Promise.all([1, 2].map(() => actOn(api, it, poison.id, 'redrive', actor)))
  t.equal(twice.filter(result => result!.changed).length, 1, 'of two concurrent calls one has an effect')
  await it.settled(poison.id, 'applied')
  t.equal(await it.visible(poison.id), 1)
  t.match(await actOn(api, it, poison.id, 'discard', actor), { state: 'applied', changed: false })
  t.match(await listAuditEntries(api, poison.id), [{ action: 'redrive', actor: 'someone', reason: 'payload restored' }])
  t.equal(await actOn(api, it, 'f'.repeat(64), 'redrive', actor), null)
})

t.test('a discarded batch is never applied, whatever is delivered', async t => {
  const it = await pipeline(t, { maxReceives: 1 })
  startWorker(t, it)
  const poison = await it.submit(csv, { stored: csv.replace('100', '999') })
  const { id, provider } = poison
  await it.settled(id, 'dead_lettered')
  t.match(await actOn(it.db.open('ingestion_api'), it, id, 'discard', { name: 'someone', reason: null }), { state: 'discarded', changed: true })
  await restorePayload(it, poison, csv)
  await it.queue.send(id, provider, 'once-more')
  const later = await it.submit(`${csv}CNGGZ,EETLL,2021-01-05,1\n`)
  await it.settled(later.id, 'applied')
  t.equal(await it.visible(id), 0)
  t.match(await it.settled(id, 'discarded'), { state: 'discarded' })
})
