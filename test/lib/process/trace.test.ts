import t from 'tap'
import { continueTrace, parseTraceparent, spanIdOf, traceIdOf } from '../../../lib/process/trace.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const parent = '00f067aa0ba902b7'

t.test('a traceparent is continued', async t => {
  const own = continueTrace(`00-${trace}-${parent}-00`)
  t.match(own, /^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-00$/)
  t.not(spanIdOf(own), parent)
  t.same(parseTraceparent(own), { traceId: trace, spanId: spanIdOf(own), flags: '00' })
  t.equal(traceIdOf(continueTrace(`01-${trace}-${parent}-01-more`)), trace, 'a later version may have more fields')
})

t.test('a malformed traceparent begins a new trace', async t => {
  const wrong = [
    undefined, '', 'garbage', [`00-${trace}-${parent}-01`], `00-${trace}-${parent}`, `00-${trace}-${parent}-01-more`, `ff-${trace}-${parent}-01`,
    `00-${trace.toUpperCase()}-${parent}-01`, `00-${'0'.repeat(32)}-${parent}-01`, `00-${trace}-${'0'.repeat(16)}-01`, `00-${trace}-${parent}-1`,
    ` 00-${trace}-${parent}-01`, `00-${trace}-${parent}-01\n`, `01-${trace}-${parent}-01-${'x'.repeat(600)}`,
  ]
  for (const given of wrong) {
    const own = continueTrace(given)
    t.match(own, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    t.not(traceIdOf(own), trace, JSON.stringify(given)?.slice(0, 70))
  }
})

t.test('ids are new each time, also when the numbers drawn in advance are used up', async t => {
  const ids = Array.from({ length: 2_000 }, () => continueTrace(undefined)).flatMap(own => [traceIdOf(own), spanIdOf(own)])
  t.equal(new Set(ids).size, ids.length)
})
