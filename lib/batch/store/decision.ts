import type { CheckedUnder } from '../conditions.ts'
import type { Actor } from '../actor.ts'

/**
 * How a batch ended that was not applied. It is written once to `decisions/<id>.json`, before the row says it, and kept for ever: a restore
 * of the database loses rows and no decision (docs/decisions/0037-final-states-in-the-object-store.md).
 */
export type Decision = Checked | Discarded

type Common = {
  version: 1
  /** Id of the batch. */
  id: string
  provider: string
  /** ISO 8601, by the database's clock. */
  decidedAt: string
}

/** A worker has read the whole batch. */
export type Checked = Common & {
  state: 'validated' | 'rejected'
  rows: number
  errors: number
  /** At most one hundred; the report has all. */
  firstErrors: unknown[]
  lastLineEnded: boolean | null
  under: CheckedUnder | null
}

/** An operator has given the batch up. */
export type Discarded = Common & { state: 'discarded', actor: Actor }

/**
 * Returns the decision that the store has for a batch. Throws `INVALID_DECISION` when the object is none. Throws `DECISION_VERSION` for one
 * of a newer release, which workers of that release can read.
 */
export function parseDecision (id: string, text: string): Decision {
  let decision: Partial<Checked & Omit<Discarded, 'state'>> & { version?: unknown } | null
  try {
    decision = JSON.parse(text) as typeof decision
  } catch {
    decision = null
  }
  if (typeof decision?.version === 'number' && decision.version > 1) {
    throw Object.assign(new Error(`The decision about batch ${id} has version ${decision.version}`), { code: 'DECISION_VERSION' })
  }
  const state: string = String(decision?.state)
  const isDecision = decision?.version === 1 && decision.id === id && typeof decision.provider === 'string' && !Number.isNaN(Date.parse(String(decision.decidedAt))) &&
    ((['validated', 'rejected'].includes(state) && Number.isInteger(decision.rows) && Number.isInteger(decision.errors) && Array.isArray(decision.firstErrors)) ||
      (state === 'discarded' && typeof decision.actor?.name === 'string'))
  if (!isDecision) throw Object.assign(new Error(`The decision about batch ${id} cannot be parsed`), { code: 'INVALID_DECISION' })
  return decision as unknown as Decision
}
