/** A: rows visible are none or all. B: applied once at most. C: accepted is never lost. D: what is said is true. */
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
