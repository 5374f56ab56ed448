import { erasOf } from './eras.ts'
import { guardedProvider } from './plan-corrections.ts'
import type { Known } from './known.ts'
import type { Report } from './verdict.ts'

/**
 * The states that may follow each lasting one. `accepted` may always: the database is unavailable. A batch that is withdrawing before it was applied
 * may be rejected by the attempt in flight.
 */
const followers: Record<string, string[]> = {
  applied: ['applied', 'withdrawing', 'withdrawn'],
  withdrawing: ['withdrawing', 'withdrawn', 'rejected', 'discarded'],
  rejected: ['rejected'],
  discarded: ['discarded'],
  withdrawn: ['withdrawn'],
}

/**
 * Checks that reported states follow each other, and that the last one is that of the database or one before it. What was reported before a restore
 * is the end after it too. The response to a withdrawal is `withdrawing`; without a database its row comes later, and an applied batch is `applied`
 * until then.
 */
export function checkStates (known: Known, report: Report): void {
  const appliedAt = Math.min(...known.polls.filter(({ state }) => state === 'applied').map(({ until }) => until))
  for (const polls of erasOf(known.polls, known.restores)) checkEra({ ...known, polls }, appliedAt, report)
}

function checkEra ({ record, polls, plan }: Known, appliedAt: number, report: Report): void {
  let last: { state: string, until: number } | undefined
  for (const { state, at, until } of [...polls].sort((one, other) => one.at - other.at)) {
    const follows = !last || followers[last.state]!.includes(state)
    if (last && at > last.until && !follows && state !== 'accepted') report('D', 'wrong state', `${state} at ${at} ms, having been ${last.state} at ${last.until} ms`)
    const isOfApplied = state === 'withdrawing' && appliedAt < at
    if (follows && state in followers && state !== last?.state && !isOfApplied) last = { state, until }
    if (state === 'rejected' && plan.kind !== 'bad' && plan.replaces === null) report('D', 'wrong state', `reported as rejected at ${until} ms, and is not bad`)
    if (state === 'held' && plan.provider !== guardedProvider) report('D', 'wrong state', `reported as held at ${until} ms, and is not guarded`)
  }
  if (last && !followers[last.state]!.includes(record?.state ?? 'unknown')) {
    report('D', 'wrong state', `${record?.state ?? 'unknown'} at the end, having been ${last.state} at ${last.until} ms`)
  }
}
