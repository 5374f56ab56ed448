import { erasOf } from './eras.ts'
import { mayReplace, type Known } from './known.ts'
import type { Violation } from './verdict.ts'

/**
 * Checks that each snapshot of the ledger has the batch or the one that has replaced it, never both and never neither. Before the last restore,
 * another commit may have taken the batch back: then only the time since is checked.
 */
export function swapViolations (known: readonly Known[]): Violation[] {
  const byId = new Map(known.map(each => [each.id, each]))
  return known.flatMap(old => {
    const by = byId.get(old.record?.replacedBy ?? '')
    if (!by || old.record!.takenBackAt === null) return []
    const isOnly = old.withdraws.length + old.purges.length === 0 && known.filter(({ plan }) => mayReplace(plan, old.plan)).length === 1
    const [seen, seenBy] = [erasOf(old.seen, old.restores), erasOf(by.seen, by.restores)]
    return seen.flatMap((seenThen, era) =>
      isOnly || era === seen.length - 1 ? swapsOf({ ...old, seen: seenThen }, { ...by, seen: seenBy[era]! }) : [])
  })
}

function swapsOf (old: Known, by: Known): Violation[] {
  const found: Violation[] = []
  const { plan: { batch } } = old
  const goneAt = ledgerOf(old).find(({ rows }, index, all) => rows === 0 && index > 0 && all[index - 1]!.rows > 0)?.at
  const cameAt = ledgerOf(by).find(({ rows }) => rows === by.plan.rows)?.at
  const report = (text: string, at: number): void => { found.push({ invariant: 'A', kind: 'partial', batch, text: `batch ${batch}: a snapshot at ${at} ms had ${text} batch ${by.plan.batch}, which replaces it` }) }
  if (cameAt !== undefined && rowsAt(old, cameAt) > 0) report('it and', cameAt)
  if (goneAt !== undefined && rowsAt(by, goneAt) === 0 && by.record!.takenBackAt === null) report('neither it nor', goneAt)
  return found
}

const ledgerOf = ({ seen }: Known): Known['seen'] => seen.filter(({ by }) => by === 'ledger').toSorted((one, other) => one.at - other.at)

/** Returns the rows in the latest snapshot until then. A snapshot is recorded for the batches that have changed. */
const rowsAt = (known: Known, at: number): number => ledgerOf(known).findLast(each => each.at <= at)?.rows ?? 0
