import t from 'tap'
import { runOneAtATime } from '../../../services/ingestion-api/computations.ts'

t.test('concurrent calls with a key share one computation, and computations run one at a time', async t => {
  const background: Array<Promise<unknown>> = []
  const compute = runOneAtATime(60_000, work => background.push(work))
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
  const started: string[] = []
  const run = (key: string, result: Promise<string>) => compute(key, async () => {
    started.push(key)
    return await result
  })
  const calls = [run('a', first.promise), run('a', first.promise), run('b', second.promise)]
  first.resolve('A')
  t.same(await Promise.all(calls.slice(0, 2)), ['A', 'A'])
  t.equal(started.filter(key => key === 'a').length, 1)
  second.reject(new Error('broken'))
  await t.rejects(calls[2]!, { message: 'broken' })
  t.equal(await run('b', Promise.resolve('B')), 'B', 'a failed computation is not kept')
  await Promise.all(background)
  t.same(started, ['a', 'b', 'b'])
})

t.test('a caller does not wait longer than the limit, and the computation continues', async t => {
  const compute = runOneAtATime(1, () => {})
  const { promise, resolve } = Promise.withResolvers<string>()
  await t.rejects(compute('a', () => promise), { code: 'effect-pending', status: 503, headers: { 'retry-after': '5' } })
  const patient = compute('a', () => Promise.resolve('another'))
  resolve('A')
  t.equal(await patient, 'A')
})
