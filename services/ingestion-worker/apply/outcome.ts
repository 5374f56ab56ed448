import type { Decision } from '../../../lib/batch/store/decision.ts'

/**
 * Final state that the attempt gave the batch. `already final`: another worker finished the batch first, or an operator
 * has dead-lettered or discarded it.
 */
export type Outcome = 'applied' | 'validated' | 'rejected' | 'already final'

/** Thrown inside the transaction of a batch to roll the transaction back: the outcome is `already final`. */
export class AlreadyFinal extends Error {}

/** Thrown if the store has a decision about the batch. The attempt ends, and the decision is copied to the row. */
export class Decided extends Error {
  readonly decision: Decision
  constructor (decision: Decision) {
    super(decision.state)
    this.decision = decision
  }
}
