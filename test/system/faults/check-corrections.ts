import { checkReplaced, checkTakenBack, seriesViolations } from './check-replacements.ts'
import { ended, type Known } from './known.ts'
import type { Report, Violation } from './verdict.ts'

/**
 * Checks each batch that was taken back, or should be:
 * - its prices are in the runs once, and once negatively if it is taken back after it was applied;
 * - an accepted withdrawal has ended, and ends the batch;
 * - whoever took it back did so at the position of its own commit;
 * - of two batches that replace the same one, one counts.
 */
export function correctionViolations (known: readonly Known[]): Violation[] {
  const found: Violation[] = []
  const byId = new Map(known.map(each => [each.id, each]))
  for (const each of known) {
    const { plan: { batch } } = each
    const report: Report = (invariant, kind, text) => { found.push({ invariant, kind, batch, text: `batch ${batch}: ${text}` }) }
    checkRuns(each, report)
    checkWithdraws(each, report)
    checkTakenBack(each, byId, report)
    checkReplaced(each, known, byId, report)
  }
  return [...found, ...seriesViolations(known)]
}

function checkRuns ({ record }: Known, report: Report): void {
  if (!record) return
  const { positive, negative, marked, takenBackAt, state, purged } = record
  const expected = purged ? 0 : marked ?? 0
  if (positive > expected) report('B', 'doubled', `${positive} prices in its runs, not ${expected}`)
  else if (positive < expected) report('A', 'partial', `${positive} prices in its runs, not ${expected}`)
  const taken = takenBackAt === null ? 0 : positive
  if (negative !== taken) report('B', 'doubled', `${negative} prices are taken back, not ${taken}`)
  if ((takenBackAt !== null) !== (state === 'withdrawn' && marked !== null)) report('D', 'wrong state', `${state}, and ${takenBackAt === null ? 'not ' : ''}taken back`)
}

function checkWithdraws ({ record, withdrawal, withdraws }: Known, report: Report): void {
  const { state = 'unknown' } = record ?? {}
  const wrongState = (text: string): void => report('D', 'wrong state', text)
  for (const { status, until } of withdraws) {
    const isRefused = status >= 400 && status <= 500 && ![408, 409, 429].includes(status)
    if (isRefused) wrongState(`its withdrawal got ${status} at ${until} ms`)
    if (status === 409 && !ended.includes(state)) wrongState(`its withdrawal was refused at ${until} ms, and it is ${state} at the end`)
    if (status === 200 && state !== 'withdrawn') wrongState(`withdrawn at ${until} ms, and ${state} at the end`)
  }
  const accepted = withdraws.find(({ status }) => status === 202)
  if (!accepted) return
  const { state: end = 'unknown' } = withdrawal ?? {}
  if (!['applied', 'rejected'].includes(end)) report('C', 'lost', `its withdrawal was accepted at ${accepted.until} ms and is ${end} at the end`)
  else if ((end === 'applied') !== (state === 'withdrawn')) wrongState(`${state} at the end, and its withdrawal is ${end}`)
  else if (state !== 'withdrawn' && !ended.includes(state)) wrongState(`${state} at the end, and its withdrawal was accepted at ${accepted.until} ms`)
}
