import type { CheckedUnder } from '../conditions.ts'
import type { Actor } from '../actor.ts'
import type { FinalState } from '../batch.ts'
import type { Understood } from '../understood.ts'

/**
 * Final state of a batch that is not applied, if no withdrawal gave it. The object `decisions/<id>.json` is written once, before the row,
 * and never deleted.
 * So a restore of the database loses no decision (docs/decisions/0037-final-states-in-the-object-store.md).
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

/** The members of a decision, by its state. */
const members: Record<Exclude<FinalState, 'applied' | 'withdrawn'>, 'checked' | 'discarded'> = { validated: 'checked', rejected: 'checked', discarded: 'discarded' }

/** Decision of a worker that has read the complete batch. */
export type Checked = Common & {
  state: 'validated' | 'rejected'
  rows: number
  /** Not in decisions of releases before 0.4.0, nor after a purge. */
  understood?: Understood | undefined
  errors: number
  /** At most one hundred errors. The report has all of them. */
  firstErrors: unknown[]
  lastLineEnded: boolean | null
  under: CheckedUnder | null
}

/** Decision of an operator to discard the batch. */
export type Discarded = Common & { state: 'discarded', actor: Actor }

/**
 * Parses the decision about a batch. Throws `INVALID_DECISION` if `text` is not a decision about the batch `id`. Throws `DECISION_VERSION` for
 * a decision of a newer release, which workers of that release can read.
 */
export function parseDecision (id: string, text: string): Decision {
  let decision: Partial<Checked & Omit<Discarded, 'state'>> & { version?: unknown } | null
  try {
    decision = JSON.parse(text) as typeof decision
  } catch {
    decision = null
  }
  if (typeof decision?.version === 'number' && decision.version > 1) {
    const { version } = decision
    throw Object.assign(new Error(`The decision about batch ${id} has version ${version}`), { code: 'DECISION_VERSION', version })
  }
  const state: string = String(decision?.state)
  const kind = Object.hasOwn(members, state) ? members[state as keyof typeof members] : undefined
  const isDecision = decision?.version === 1 && decision.id === id && typeof decision.provider === 'string' &&
    !Number.isNaN(Date.parse(String(decision.decidedAt))) &&
    ((kind === 'checked' &&
      Number.isInteger(decision.rows) && Number.isInteger(decision.errors) && Array.isArray(decision.firstErrors)) ||
      (kind === 'discarded' && typeof decision.actor?.name === 'string'))
  if (!isDecision) throw Object.assign(new Error(`The decision about batch ${id} cannot be parsed`), { code: 'INVALID_DECISION' })
  return decision as unknown as Decision
}
