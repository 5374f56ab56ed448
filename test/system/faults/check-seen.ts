import { erasOf } from './eras.ts'
import type { Known } from './known.ts'
import type { Report } from './verdict.ts'

/**
 * Checks that none or all rows are visible at any time: none, then all, and none again only if somebody has asked to take the batch back. What was
 * reported before is visible. A restored database begins anew.
 */
export function checkSeen (known: Known, report: Report): void {
  const [seen, polls] = [erasOf(known.seen, known.restores), erasOf(known.polls, known.restores)]
  for (const by of ['ledger', 'rates'] as const) {
    for (const [era, seenThen] of seen.entries()) checkReader({ ...known, seen: seenThen, polls: polls[era]! }, by, report)
  }
}

function checkReader ({ plan, seen, polls, takenBackFrom }: Known, by: 'ledger' | 'rates', report: Report): void {
  const all = by === 'ledger' ? plan.rows : plan.ownRows
  const [appliedAt, withdrawnAt] = ['applied', 'withdrawn'].map(state => Math.min(...polls.filter(poll => poll.state === state).map(({ until }) => until))) as [number, number]
  let [since, gone] = [Infinity, Infinity]
  for (const { rows, at, until, means = [] } of seen.filter(each => each.by === by).sort((one, other) => one.at - other.at)) {
    const mayBeGone = until > takenBackFrom
    if (rows > all) report('B', 'doubled', `${by} had ${rows} of ${all} rows at ${at} ms`)
    else if (rows !== 0 && rows !== all) report('A', 'partial', `${by} had ${rows} of ${all} rows at ${at} ms`)
    else if (rows === 0 && at > since && !mayBeGone) report('A', 'partial', `${by} had none of its rows at ${at} ms, having had all at ${since} ms`)
    else if (rows === 0 && at > appliedAt && !mayBeGone) report('D', 'wrong state', `${by} had none of its rows at ${at} ms, it was reported as applied at ${appliedAt} ms`)
    else if (rows === all && at > gone) report('B', 'doubled', `${by} had its rows again at ${at} ms, having had none at ${gone} ms after it was taken back`)
    else if (rows === all && at > withdrawnAt) report('D', 'wrong state', `${by} had its rows at ${at} ms, it was reported as withdrawn at ${withdrawnAt} ms`)
    if (means.some(mean => mean !== plan.cents / 100)) report('A', 'partial', `${by} had a mean of ${means.join(' and ')} USD at ${at} ms, not ${plan.cents / 100}`)
    if (rows === all) since = Math.min(since, until)
    if (rows === 0 && at > since) gone = Math.min(gone, until)
  }
}
