import type { Known } from './known.ts'
import type { Violation } from './verdict.ts'

/**
 * Checks that a provider's batches are applied in the order of their acceptance. The order of two batches is known if one got its 202 before the
 * other was sent. Batches that a fault, an operator or their release reordered do not count.
 */
export function orderViolations (known: readonly Known[]): Violation[] {
  const found: Violation[] = []
  for (const provider of new Set(known.map(({ plan }) => plan.provider))) {
    const mine = known.filter(({ plan, record, reordered, redriven, released }) =>
      plan.provider === provider && record?.marked != null && !reordered && !redriven && !released)
    for (const later of mine) {
      const sentAt = Math.min(...later.submits.map(({ at }) => at))
      for (const earlier of mine) {
        const acceptedAt = earlier.submits.find(({ status }) => status === 202)?.until ?? Infinity
        if (acceptedAt >= sentAt || earlier.record!.finishedAt! <= later.record!.finishedAt!) continue
        found.push({
          invariant: 'D', kind: 'other', batch: later.plan.batch,
          text: `batch ${later.plan.batch} of ${provider}, sent at ${sentAt} ms, was applied before batch ${earlier.plan.batch}, accepted at ${acceptedAt} ms`,
        })
      }
    }
  }
  return found
}
