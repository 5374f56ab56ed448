import t from 'tap'
import { parseDecision, type Checked, type Discarded } from '../../../../lib/batch/store/decision.ts'
import { openStore } from '../../../../lib/batch/store/store.ts'
import { openS3 } from '../../../../lib/process/aws.ts'
import { aws } from '../../../harness/aws.ts'
import { awsProxy } from '../../../harness/aws-proxy.ts'

const id = 'd'.repeat(64)
const rejected: Checked = {
  version: 1, id, provider: 'demo', state: 'rejected', decidedAt: '2026-11-27T10:00:00.123456Z', rows: 2, errors: 1,
  firstErrors: [{ row: 1, code: 'unknown_port' }], lastLineEnded: true, under: { duplicate: 'e'.repeat(64) },
}
const discarded: Discarded = { version: 1, id, provider: 'demo', state: 'discarded', decidedAt: '2026-11-27T10:00:00Z', actor: { name: 'me', reason: null } }

t.test('a decision is read as it was written; any other content is refused', async t => {
  for (const decision of [rejected, { ...rejected, state: 'validated' as const, under: null }, discarded]) {
    t.same(parseDecision(id, JSON.stringify(decision)), decision)
  }
  for (const wrong of [
    'nonsense', 'null', '{}', { ...rejected, id: 'f'.repeat(64) }, { ...rejected, state: 'applied' }, { ...rejected, rows: '2' }, { ...rejected, firstErrors: null },
    { ...rejected, decidedAt: 'yesterday' }, { ...discarded, actor: null }, { ...discarded, version: 0 },
  ]) t.throws(() => parseDecision(id, typeof wrong === 'string' ? wrong : JSON.stringify(wrong)), { code: 'INVALID_DECISION' })
  t.throws(() => parseDecision(id, JSON.stringify({ ...discarded, version: 2, state: 'withdrawn' })), { code: 'DECISION_VERSION' }, 'of a newer release')
})

t.test('the first decision about a batch holds', async t => {
  const proxy = await awsProxy(t)
  const { bucket, region } = await aws(t)
  const s3 = openS3({ region, endpoint: proxy.endpoint })
  t.teardown(() => s3.destroy())
  const store = openStore(s3, bucket)
  t.equal(await store.readDecision(id), null)
  const heldCall = proxy.hold(({ method, key }) => method === 'PUT' && key === `decisions/${id}.json`, 'call')
  const first = store.decide(rejected)
  await heldCall.reached
  t.same(await store.decide(discarded), discarded, 'of two concurrent decisions the first one written')
  heldCall.release()
  t.same(await first, discarded)
  t.same(await store.decide(rejected), discarded)
  t.same(await store.readDecision(id), discarded)
})

t.test('ids are listed by the time when their objects were written, over pages', async t => {
  const { bucket, s3 } = await aws(t)
  const store = openStore(s3, bucket)
  const ids = Array.from({ length: 1_050 }, (_, number) => number.toString(16).padStart(64, '0'))
  await Promise.all(Array.from({ length: 10 }, async (_, worker) => {
    for (let at = worker; at < ids.length; at += 10) await store.decide({ ...discarded, id: ids[at]! })
  }))
  const pages = await Array.fromAsync(store.listIds('decisions', new Date(Date.now() - 3_600_000)))
  t.ok(pages.length > 1 && pages.every(page => page.length <= 1_000))
  t.same(pages.flat().sort(), ids)
  t.same(await Array.fromAsync(store.listIds('decisions', new Date(Date.now() + 3_600_000))), [])
  t.same(await Array.fromAsync(store.listIds('batches', new Date(0))), [])
})
