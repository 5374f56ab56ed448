import t from 'tap'
import { applier, file } from '../../../harness/corrections.ts'
import { ops } from '../../../harness/ops.ts'
import { pipeline } from '../../../harness/pipeline.ts'

t.test('batches show: a rejected batch has its causes, unless the store cannot be read', async t => {
  const it = await pipeline(t)
  const { deliver } = applier(it)
  const show = async (id: string, environment: NodeJS.ProcessEnv = it.aws.env) => {
    const { code, stdout } = await ops(['batches', 'show', id], { ...environment, DATABASE_URL: it.db.url('ops') })
    t.equal(code, 0)
    return JSON.parse(stdout) as { state: string, causes?: unknown }
  }
  const bad = await it.submit(file(-1), { key: 'bad' })
  t.equal(await deliver(bad), 'rejected')
  t.match(await show(bad.id), { state: 'rejected', causes: [{ code: 'price_not_positive', column: 'price', count: 3, rows: [1, 2, 3], example: { row: 1 } }] })
  t.match(await show(bad.id, {}), { state: 'rejected', causes: null })
  const good = await it.submit(file(1), { key: 'good' })
  t.equal(await deliver(good), 'applied')
  t.notOk('causes' in await show(good.id))
})
