import { ended, mayReplace, type Known } from './known.ts'
import type { Report, Violation } from './verdict.ts'

type ById = ReadonlyMap<string, Known>

/** Checks that the commit of its withdrawal, or of a batch that names it, has taken the batch back. */
export function checkTakenBack ({ plan, record, withdrawal }: Known, byId: ById, report: Report): void {
  if (!record) return
  const { state, replacedBy, takenBackAt } = record
  if (state !== 'withdrawn') {
    if (replacedBy !== null) report('D', 'wrong state', `${state}, and replaced`)
    return
  }
  const by = replacedBy === null ? undefined : byId.get(replacedBy)
  const isReplacement = by && mayReplace(by.plan, plan) && by.record?.marked != null
  if (replacedBy !== null && !isReplacement) report('B', 'other', `replaced by ${replacedBy}, which does not name it or was not applied`)
  const { position = null } = (replacedBy === null ? withdrawal : by?.record) ?? {}
  if (takenBackAt !== null && takenBackAt !== position) report('A', 'partial', `taken back at position ${takenBackAt}, by a commit at ${position}`)
}

/** Checks that none of the batches that an applied one replaces counts, nor another batch that has replaced one of them. */
export function checkReplaced ({ plan, id, record }: Known, known: readonly Known[], byId: ById, report: Report): void {
  if (!record) return
  const { marked, position, state, firstError, purged } = record
  if (marked === null) {
    const isConflict = state === 'rejected' && plan.kind !== 'bad'
    const isOther = byId.get(firstError?.value ?? '')?.record?.marked == null
    if (isConflict && isOther && !purged) report('D', 'wrong state', `rejected for ${firstError?.code} ${firstError?.value}, which was never applied`)
  }
  if (marked === null || !Array.isArray(plan.replaces)) return
  for (const { plan: { batch }, record } of known.filter(other => mayReplace(plan, other.plan))) {
    const { state = 'unknown', replacedBy = null } = record ?? {}
    if (state !== 'withdrawn' && !ended.includes(state)) report('A', 'partial', `it is applied, and batch ${batch}, which it replaces, is ${state}`)
    const other = replacedBy === null || replacedBy === id ? undefined : byId.get(replacedBy)?.record
    const bothCount = other && other.position! < position! && (other.takenBackAt === null || other.takenBackAt > position!)
    if (bothCount) report('B', 'doubled', `it is applied, and so is ${replacedBy}, which has replaced batch ${batch} before`)
  }
}

/** Checks that of a series at most one batch counts at each position: each batch of a series replaces the one before. */
export function seriesViolations (known: readonly Known[]): Violation[] {
  const found: Violation[] = []
  const applied = known.filter(({ plan, record }) => plan.series !== null && record?.marked != null)
  for (const series of Map.groupBy(applied, ({ plan }) => `${plan.provider} ${plan.series}`).values()) {
    const ordered = series.toSorted((one, other) => one.record!.position! - other.record!.position!)
    for (const [at, { plan: { batch }, record }] of ordered.entries()) {
      const next = ordered[at + 1]
      if (!next || (record!.takenBackAt !== null && record!.takenBackAt <= next.record!.position!)) continue
      found.push({ invariant: 'A', kind: 'doubled', batch, text: `batch ${batch}: it counts beside batch ${next.plan.batch}, the next of its series` })
    }
  }
  return found
}
