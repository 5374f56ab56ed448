import type { Report, Violation } from './verdict.ts'
import { guardedProvider } from './plan-corrections.ts'
import { checkSeen } from './check-seen.ts'
import { checkStates } from './check-states.ts'
import type { Known } from './known.ts'

const finalStates: Record<string, string[]> = { good: ['applied'], bad: ['rejected'], corrupt: ['applied', 'dead_lettered', 'discarded'] }

/** Returns the states in which a batch may end. */
function endsOf ({ plan: { kind, provider, whenHeld, replaces }, takenBackFrom }: Known): string[] {
  return [
    ...finalStates[kind]!, ...(takenBackFrom < Infinity ? ['withdrawn'] : []), ...(replaces !== null ? ['rejected'] : []),
    ...(provider === guardedProvider && whenHeld === 'leave' ? ['held'] : []),
  ]
}

/** Returns the violations of one batch. */
export function batchViolations (known: Known): Violation[] {
  const { plan: { batch } } = known
  const found: Violation[] = []
  const report: Report = (invariant, kind, text) => { found.push({ invariant, kind, batch, text: `batch ${batch}: ${text}` }) }
  checkResponses(known, report)
  checkSeen(known, report)
  checkStates(known, report)
  checkFinalState(known, report)
  return found
}

function checkResponses ({ id, record, submits, clashes }: Known, report: Report): void {
  for (const { status, until, id: respondedId } of submits) {
    if (status === 409 && record?.state === 'withdrawn') continue // the same name again
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) report('D', 'wrong state', `refused with ${status} at ${until} ms`)
    if (status === 500) report('D', 'wrong state', `failed with 500 at ${until} ms`)
    if (status === 202 && respondedId !== id) report('D', 'wrong state', `accepted as ${respondedId}, not ${id}, at ${until} ms`)
  }
  for (const { status, until } of clashes) if (status === 202) report('B', 'other', `other content under the same key was accepted at ${until} ms`)
}

function checkFinalState (known: Known, report: Report): void {
  const { plan, record, submits } = known
  const accepted = submits.find(({ status }) => status === 202)
  if (!record) {
    if (accepted) report('C', 'lost', `accepted at ${accepted.until} ms, and the database does not know it`)
    return
  }
  const { state, rows, cents, marked, errors, reason, attempts } = record
  const attemptsText = `after ${attempts} attempts (${reason ?? 'no reason'})`
  if (accepted && ['queued', 'processing', 'held'].includes(state) && !endsOf(known).includes(state)) report('C', 'lost', `accepted at ${accepted.until} ms and still ${state} at the end ${attemptsText}`)
  else if (accepted && !endsOf(known).includes(state)) report('D', 'wrong state', `a ${plan.kind} batch is finally ${state} ${attemptsText}`)
  if (rows > plan.rows) report('B', 'doubled', `${rows} of ${plan.rows} rows in the ledger at the end`)
  else if (rows !== 0 && rows !== plan.rows) report('A', 'partial', `${rows} of ${plan.rows} rows in the ledger at the end`)
  else if (cents !== rows * plan.cents) report('A', 'partial', `its prices come to ${cents} cents, not ${rows * plan.cents}`)
  const isMarked = state === 'applied' ? marked === plan.rows : marked === null || (state === 'withdrawn' && marked === plan.rows)
  if ((state === 'applied') !== (rows > 0) || !isMarked) {
    report('D', 'wrong state', `${state} at the end with ${rows} rows and ${marked === null ? 'no idempotency record' : `an idempotency record of ${marked}`}`)
  }
  if (state === 'rejected' && errors !== 1) report('D', 'wrong state', `rejected with ${errors} errors, not 1`)
}
