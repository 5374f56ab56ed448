import type { Withdrawal } from '../../../lib/batch/batch.ts'
import type { Decision } from '../../../lib/batch/store/decision.ts'

/**
 * Final state that the attempt gave the batch; `withdrawn` if it has withdrawn the batch, or applied a withdrawal.
 * `already final`: another worker finished the batch first, or an operator
 * has dead-lettered or discarded it.
 */
export type Outcome = 'applied' | 'validated' | 'rejected' | 'held' | 'withdrawn' | 'already final'

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

/** Thrown if the store has a withdrawal of the batch. The attempt ends the batch before it appears. */
export class Withdrawn extends Error {
  readonly withdrawal: Withdrawal
  constructor (withdrawal: Withdrawal) {
    super('withdrawn')
    this.withdrawal = withdrawal
  }
}
