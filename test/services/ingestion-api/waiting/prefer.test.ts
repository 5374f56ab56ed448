import t from 'tap'
import { preferredWaitSeconds } from '../../../../services/ingestion-api/waiting/prefer.ts'

t.test('the preference wait', async t => {
  for (const [header, seconds] of [
    [undefined, 0], ['', 0], ['wait=5', 5], ['wait=0', 0], ['wait=007', 7], ['WAIT = 12', 12], ['wait\t=\t3', 3], ['wait=99999999999999999999', 1e20],
    ['respond-async, wait=10', 10], ['wait=10,respond-async', 10], ['respond-async;wait=4, wait=10; foo="a, b"', 10], [', ,wait=3', 3],
    ['handling="lenient, wait=3", wait=4', 4], ['foo="a\\", wait=3", wait=4', 4], ['wait=1, wait=9', 1],
  ] as const) t.equal(preferredWaitSeconds(header), seconds, header ?? 'none')
})

t.test('a malformed wait is ignored', async t => {
  for (const header of [
    'wait', 'wait=', 'wait=x', 'wait=-1', 'wait=1.5', 'wait=1e3', 'wait=1 2', 'wait="5"', 'wait=5s', 'wait=x, wait=5', 'waiting=5', 'await=5', 'x-wait=5',
    'respond-async; wait=5', 'foo="wait=3', 'foo="\\', '=5', ';wait=5',
  ]) t.equal(preferredWaitSeconds(header), 0, header)
})

t.test('a long header takes linear time', async t => {
  for (const part of ['"\\', '"', ' ', ',', ';', 'wait', 'wait ', 'a="\\"']) {
    const from = performance.now()
    preferredWaitSeconds(part.repeat(1_000_000 / part.length))
    t.ok(performance.now() - from < 5_000, JSON.stringify(part))
  }
})
