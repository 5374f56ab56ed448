/** A: none or all rows are visible. B: applied at most once. C: an accepted batch is never lost. D: reported states are true. */
export type Violation = { invariant: 'A' | 'B' | 'C' | 'D', kind: 'partial' | 'doubled' | 'lost' | 'wrong state' | 'other', batch: number | null, text: string }
export type Verdict = { violations: Violation[], summary: Summary }

export type Summary = {
  batches: number
  accepted: number
  states: Record<string, number>
  requests: Record<string, number>
  observations: number
  faults: Record<string, number>
  lost: number
  doubled: number
  partial: number
  wrongStates: number
  other: number
}
