import fc from 'fast-check'
import t from 'tap'
import { batchId, type Mode, type Name } from '../../../lib/batch/batch.ts'

t.test('the id of a batch never changes: it is the digest of the same parts', async t => {
  // printf %s '["demo","apply","key","january"]' | sha256sum
  t.equal(batchId('demo', 'apply', { kind: 'key', value: 'january' }), '2e2c22fb88f1c935defb7d223ac57d14f82b4f0efe8335e7949dc4d8599d97b6')
})

t.test('two ids are equal only if all their parts are equal', async () => {
  const text = fc.oneof(fc.constantFrom('a', 'b', '', '"', 'a"', '["a"', 'apply', 'key', 'content'), fc.string({ maxLength: 5 }))
  const parts = fc.tuple(text, fc.constantFrom<Mode>('apply', 'dry_run'), fc.constantFrom<Name['kind']>('key', 'upload', 'content'), text)
  fc.assert(fc.property(parts, parts, (one, other) => {
    const [first, second] = [one, other].map(([provider, mode, kind, value]) => batchId(provider, mode, { kind, value }))
    return (first === second) === (JSON.stringify(one) === JSON.stringify(other))
  }), { numRuns: 2_000 })
})
