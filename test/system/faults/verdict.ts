/**
 * A: none or all rows are visible, and a replacement swaps all for all. B: applied at most once, taken back at most once and then never again. C: an
 * accepted batch is never lost. D: reported states are true.
 */
export type Violation = { invariant: 'A' | 'B' | 'C' | 'D', kind: 'partial' | 'doubled' | 'lost' | 'wrong state' | 'other', batch: number | null, text: string }
/** Reports a violation of one batch. */
export type Report = (invariant: Violation['invariant'], kind: Violation['kind'], text: string) => void
export type Verdict = { violations: Violation[], summary: Summary }

export type Summary = {
  batches: number
  accepted: number
  states: Record<string, number>
  requests: Record<string, number>
  /** What became of batches that were withdrawn, replaced or held. */
  corrections: Record<string, number>
  observations: number
  faults: Record<string, number>
  /** What `batches replay` has found after each restore of the database. */
  restores: string[]
  lost: number
  doubled: number
  partial: number
  wrongStates: number
  other: number
}
