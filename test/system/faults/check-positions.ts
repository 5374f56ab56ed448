import type { Dump } from './dump.ts'
import type { Of } from './history.ts'
import type { Violation } from './verdict.ts'

/**
 * Checks that each applied batch has one position, that no position is missing up to the last one, and that times grow with them. A snapshot that
 * has a position must have all below it.
 */
export function positionViolations ({ batches, lastPosition }: Dump, looks: ReadonlyArray<Of<'positions'>>): Violation[] {
  const report = (text: string): Violation => ({ invariant: 'B', kind: 'other', batch: null, text })
  const found = looks.filter(({ count, highest }) => count !== highest)
    .map(({ at, count, highest }) => report(`a snapshot at ${at} ms had position ${highest}, and ${count} batches with a position`))
  const applied = batches.filter(({ marked }) => marked !== null).toSorted((one, other) => (one.position ?? 0) - (other.position ?? 0))
  for (const [index, { id, position, appliedAt }] of applied.entries()) {
    const before = applied[index - 1]
    if (position !== index + 1) found.push(report(`applied batch ${id} has position ${position}, not ${index + 1}`))
    else if (before && before.appliedAt! >= appliedAt!) found.push(report(`position ${position} was taken at ${appliedAt} µs, the one before at ${before.appliedAt} µs`))
  }
  if (lastPosition !== applied.length) found.push(report(`the last position is ${lastPosition}, and ${applied.length} batches are applied`))
  return found.slice(0, 20)
}
