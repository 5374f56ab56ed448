import type { Dump } from './dump.ts'
import type { Of } from './history.ts'
import type { Violation } from './verdict.ts'

/**
 * Checks that each applied batch has a position, that no position is missing up to the last one, and that times grow with them. A snapshot that
 * has a position must have all below it. Batches, their withdrawals and changes of the reference data take positions.
 */
export function positionViolations ({ batches, positions, lastPosition }: Dump, looks: ReadonlyArray<Of<'positions'>>): Violation[] {
  const report = (text: string): Violation => ({ invariant: 'B', kind: 'other', batch: null, text })
  const found = looks.filter(({ count, highest }) => count !== highest)
    .map(({ at, count, highest }) => report(`a snapshot at ${at} ms had position ${highest}, and ${count} positions`))
  for (const { id, marked, position } of batches) if (marked !== null && position === null) found.push(report(`applied batch ${id} has no position`))
  for (const [index, { position, at }] of positions.entries()) {
    const before = positions[index - 1]
    if (position !== index + 1) found.push(report(`position ${position} is number ${index + 1}`))
    else if (before && before.at >= at) found.push(report(`position ${position} was taken at ${at} µs, the one before at ${before.at} µs`))
  }
  if (lastPosition !== positions.length) found.push(report(`the last position is ${lastPosition}, and ${positions.length} were taken`))
  return found.slice(0, 20)
}
