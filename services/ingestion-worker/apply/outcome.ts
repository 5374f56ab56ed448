import type { Decision } from '../../../lib/batch/store/decision.ts'

/** How a batch ended, or that it had ended already, by another worker's hand. */
export type Outcome = 'applied' | 'validated' | 'rejected' | 'already final'

/** Thrown inside the transaction of a batch to roll it back: no failure, and never seen outside. */
export class RolledBack extends Error {
  readonly outcome: 'rejected' | 'already final'
  constructor (outcome: 'rejected' | 'already final') {
    super(outcome)
    this.outcome = outcome
  }
}

/** Thrown where the store has a decision about the batch: the attempt ends, and the row follows the decision. */
export class Decided extends Error {
  readonly decision: Decision
  constructor (decision: Decision) {
    super(decision.state)
    this.decision = decision
  }
}
