import type { Known } from './known.ts'
import type { Summary, Verdict, Violation } from './verdict.ts'
import type { Of } from './history.ts'

export function summaryOf (known: readonly Known[], faults: ReadonlyArray<Of<'fault'>>, violations: readonly Violation[]): Summary {
  const count = (kind: Violation['kind']): number => violations.filter(violation => violation.kind === kind).length
  return {
    batches: known.length,
    accepted: known.filter(({ submits }) => submits.some(({ status }) => status === 202)).length,
    states: tally(known.map(({ record }) => record?.state ?? 'never accepted')),
    requests: tally(known.flatMap(({ submits, clashes, withdraws }) => [...submits, ...clashes, ...withdraws].map(({ status }) => status === 0 ? 'no response' : String(status)))),
    corrections: correctionsOf(known),
    observations: known.reduce((sum, { polls, seen }) => sum + polls.length + seen.length, 0),
    faults: tally(faults.filter(({ detail }) => !/^skipped|^could not|^no (such call|commit) was sent/.test(detail)).map(({ name }) => name)),
    restores: faults.flatMap(({ since, detail }) => since === undefined ? [] : detail),
    lost: count('lost'),
    doubled: count('doubled'),
    partial: count('partial'),
    wrongStates: count('wrong state'),
    other: count('other'),
  }
}

function correctionsOf (known: readonly Known[]): Record<string, number> {
  return tally(known.flatMap(({ plan, record, withdraws, purges, polls }) => [
    ...(withdraws.length > 0 ? ['withdrawn by request'] : []),
    ...(purges.length > 0 ? ['purged'] : []),
    ...(purges.some(({ code }) => code === null) ? ['purged after the purge was killed'] : []),
    ...(record?.replacedBy ? ['replaced'] : []),
    ...(record?.state === 'withdrawn' ? [record.marked === null ? 'never applied' : 'taken back after they were applied'] : []),
    ...(plan.replaces !== null && record?.state === 'rejected' && plan.kind === 'good' ? ['replacements rejected'] : []),
    ...(polls.some(({ state }) => state === 'held') ? ['held'] : []),
  ]))
}

/** Returns the verdict as text for people. */
export function textOf ({ summary, violations }: Verdict): string {
  const { batches, accepted, states, corrections, requests, observations, faults, restores, lost, doubled, partial, wrongStates, other } = summary
  const list = (counts: Record<string, number>): string => Object.entries(counts).map(([name, times]) => `${times} ${name}`).join(', ')
  return [
    `batches   ${batches}, ${accepted} accepted: ${list(states)}`,
    `corrected ${list(corrections)}`,
    `responses ${list(requests)}`,
    `seen      ${observations} states and row counts`,
    `faults    ${Object.values(faults).reduce((sum, times) => sum + times, 0)}`,
    ...restores.map(detail => `restored  ${detail}`),
    ...Object.entries(faults).sort().map(([name, times]) => `  ${String(times).padStart(4)}  ${name}`),
    `result    ${lost} lost, ${doubled} doubled, ${partial} partial, ${wrongStates} wrong states, ${other} others`,
    ...violations.map(({ invariant, text }) => `VIOLATION ${invariant}: ${text}`),
  ].join('\n')
}

function tally (names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
