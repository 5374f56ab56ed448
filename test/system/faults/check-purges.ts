import { erasOf } from './eras.ts'
import { ended, type Known } from './known.ts'
import type { Violation } from './verdict.ts'

/**
 * Checks that each batch whose purge has begun is purged at the end: it counts for nobody since then, and it has no errors and no object in the
 * store. A purge is final, through each restore. `check-corrections.ts` checks that no run has its prices.
 */
export function purgeViolations (known: readonly Known[]): Violation[] {
  return known.flatMap(each => {
    const { plan: { batch }, purges, record, left } = each
    const found: Violation[] = []
    const report = (invariant: Violation['invariant'], kind: Violation['kind'], text: string): void => {
      found.push({ invariant, kind, batch, text: `batch ${batch}: ${text}` })
    }
    if (purges.length === 0) {
      if (record?.purged) report('D', 'wrong state', 'purged, and nobody has purged it')
      return found
    }
    if (!purges.some(({ code }) => code === 0)) report('C', 'lost', 'its purge has never succeeded')
    if (!record) return found
    const { state, firstError, purged } = record
    if (!purged) report('B', 'other', 'not purged at the end')
    if (state !== 'withdrawn' && !ended.includes(state)) report('D', 'wrong state', `purged, and ${state} at the end`)
    if (firstError !== null) report('B', 'other', 'purged, and it has errors of rows')
    for (const { key } of left) report('B', 'other', `purged, and the store has ${key}`)
    const again = seenAgain(each)
    if (again) report('B', 'doubled', `${again.by} had ${again.rows} rows at ${again.at} ms, after its purge`)
    return found
  })
}

/** Returns an observation of rows after the batch was purged. The rates API is stopped while a database is restored. */
function seenAgain ({ purges, seen, restores }: Known): Known['seen'][number] | undefined {
  const purgedAt = Math.min(...purges.filter(({ code }) => code === 0).map(({ until }) => until))
  return erasOf(seen, restores).flat().find(({ at, rows }) => rows > 0 && at > purgedAt)
}
