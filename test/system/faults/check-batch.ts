import type { Violation } from './verdict.ts'
import type { Dump } from './dump.ts'
import type { Of } from './history.ts'

/** A batch and all observations of it. */
export type Known = {
  plan: Of<'batch'>
  id: string
  record: Dump['batches'][number] | undefined
  submits: Array<Of<'submit'>>
  clashes: Array<Of<'submit'>>
  polls: Array<Of<'poll'>>
  seen: Array<Of<'seen'>>
  redriven: boolean
  /** Whether a fault delivered the batch out of order. */
  reordered: boolean
}

const lasting = ['applied', 'rejected', 'discarded']
const finalStates: Record<string, string[]> = { good: ['applied'], bad: ['rejected'], corrupt: ['applied', 'dead_lettered', 'discarded'] }

/** Returns the violations of one batch. */
export function batchViolations (known: Known): Violation[] {
  const { plan: { batch } } = known
  const found: Violation[] = []
  const report = (invariant: Violation['invariant'], kind: Violation['kind'], text: string): void => { found.push({ invariant, kind, batch, text: `batch ${batch}: ${text}` }) }
  checkResponses(known, report)
  checkSeen(known, report)
  checkStates(known, report)
  checkFinalState(known, report)
  return found
}

type Report = (invariant: Violation['invariant'], kind: Violation['kind'], text: string) => void

function checkResponses ({ id, submits, clashes }: Known, report: Report): void {
  for (const { status, until, id: respondedId } of submits) {
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) report('D', 'wrong state', `refused with ${status} at ${until} ms`)
    if (status === 500) report('D', 'wrong state', `failed with 500 at ${until} ms`)
    if (status === 202 && respondedId !== id) report('D', 'wrong state', `accepted as ${respondedId}, not ${id}, at ${until} ms`)
  }
  for (const { status, until } of clashes) if (status === 202) report('B', 'other', `other content under the same key was accepted at ${until} ms`)
}

/** Checks that none or all rows are visible at any time, and that rows once seen or reported as applied stay visible. */
function checkSeen ({ plan, seen, polls }: Known, report: Report): void {
  const reportedAt = polls.find(({ state }) => state === 'applied')?.until ?? Infinity
  for (const by of ['ledger', 'rates'] as const) {
    const all = by === 'ledger' ? plan.rows : plan.ownRows
    let since = Infinity
    for (const { rows, at, until, means = [] } of seen.filter(each => each.by === by).sort((one, other) => one.at - other.at)) {
      if (rows > all) report('B', 'doubled', `${by} had ${rows} of ${all} rows at ${at} ms`)
      else if (rows !== 0 && rows !== all) report('A', 'partial', `${by} had ${rows} of ${all} rows at ${at} ms`)
      else if (rows === 0 && at > since) report('A', 'partial', `${by} had none of its rows at ${at} ms, having had all at ${since} ms`)
      else if (rows === 0 && at > reportedAt) report('D', 'wrong state', `${by} had none of its rows at ${at} ms, it was reported as applied at ${reportedAt} ms`)
      if (means.some(mean => mean !== plan.cents / 100)) report('A', 'partial', `${by} had a mean of ${means.join(' and ')} USD at ${at} ms, not ${plan.cents / 100}`)
      if (rows === all) since = Math.min(since, until)
    }
  }
}

function checkStates ({ record, polls, plan }: Known, report: Report): void {
  let last: { state: string, until: number } | undefined
  for (const { state, at, until } of [...polls].sort((one, other) => one.at - other.at)) {
    if (last && at > last.until && state !== last.state && state !== 'accepted') report('D', 'wrong state', `${state} at ${at} ms, having been ${last.state} at ${last.until} ms`)
    if (lasting.includes(state)) last ??= { state, until }
    if (state === 'rejected' && plan.kind !== 'bad') report('D', 'wrong state', `reported as rejected at ${until} ms, and is not bad`)
  }
  if (last && record?.state !== last.state) report('D', 'wrong state', `${record?.state ?? 'unknown'} at the end, having been ${last.state} at ${last.until} ms`)
}

function checkFinalState ({ plan, record, submits }: Known, report: Report): void {
  const accepted = submits.find(({ status }) => status === 202)
  if (!record) {
    if (accepted) report('C', 'lost', `accepted at ${accepted.until} ms, and the database does not know it`)
    return
  }
  const { state, rows, cents, marked, errors, reason, attempts } = record
  const attemptsText = `after ${attempts} attempts (${reason ?? 'no reason'})`
  if (accepted && !lasting.includes(state) && state !== 'dead_lettered') report('C', 'lost', `accepted at ${accepted.until} ms and still ${state} at the end ${attemptsText}`)
  else if (accepted && !finalStates[plan.kind]!.includes(state)) report('D', 'wrong state', `a ${plan.kind} batch is finally ${state} ${attemptsText}`)
  if (rows > plan.rows) report('B', 'doubled', `${rows} of ${plan.rows} rows in the ledger at the end`)
  else if (rows !== 0 && rows !== plan.rows) report('A', 'partial', `${rows} of ${plan.rows} rows in the ledger at the end`)
  else if (cents !== rows * plan.cents) report('A', 'partial', `its prices come to ${cents} cents, not ${rows * plan.cents}`)
  if (state === 'applied' ? rows === 0 || marked !== plan.rows : rows > 0 || marked !== null) {
    report('D', 'wrong state', `${state} at the end with ${rows} rows and ${marked === null ? 'no idempotency record' : `an idempotency record of ${marked}`}`)
  }
  if (state === 'rejected' && errors !== 1) report('D', 'wrong state', `rejected with ${errors} errors, not 1`)
}
