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

type Last = { state: string, until: number, wasApplied: boolean }

const followersOf = ({ state, wasApplied }: Last): string[] =>
  followers[state]!.filter(next => !wasApplied || followers.applied!.includes(next))

/**
 * Checks that reported states follow each other, and that the last one is that of the database or one before it. What was reported before a restore
 * is the end after it too.
 */
export function checkStates (known: Known, report: Report): void {
  for (const polls of erasOf(known.polls, known.restores)) checkEra({ ...known, polls }, report)
}

function checkEra ({ record, polls, plan }: Known, report: Report): void {
  let last: Last | undefined
  for (const { state, at, until } of [...polls].sort((one, other) => one.at - other.at)) {
    const follows = !last || followersOf(last).includes(state)
    if (last && at > last.until && !follows && state !== 'accepted') report('D', 'wrong state', `${state} at ${at} ms, having been ${last.state} at ${last.until} ms`)
    if (follows && state in followers && state !== last?.state) last = { state, until, wasApplied: last?.wasApplied === true || state === 'applied' }
    if (state === 'rejected' && plan.kind !== 'bad' && plan.replaces === null) report('D', 'wrong state', `reported as rejected at ${until} ms, and is not bad`)
    if (state === 'held' && plan.provider !== guardedProvider) report('D', 'wrong state', `reported as held at ${until} ms, and is not guarded`)
  }
  if (last && !followersOf(last).includes(record?.state ?? 'unknown')) {
    report('D', 'wrong state', `${record?.state ?? 'unknown'} at the end, having been ${last.state} at ${last.until} ms`)
  }
}
