import type { Understood } from './understood.ts'
import type { Sql } from 'postgres'
import { lastFailure } from './attempts.ts'
import type { Manifest, State } from './batch.ts'
import type { Checked, Discarded } from './store/decision.ts'

/** The arrows of the state diagram in docs/how-it-works.md. The functions below are the only code that updates `batches.state`. */
export const transitions = {
  begin: { from: ['queued', 'processing'], to: 'processing' },
  requeue: { from: ['processing'], to: 'queued' },
  apply: { from: ['queued', 'processing', 'dead_lettered'], to: 'applied' },
  validate: { from: ['queued', 'processing', 'dead_lettered'], to: 'validated' },
  reject: { from: ['queued', 'processing', 'dead_lettered'], to: 'rejected' },
  deadLetter: { from: ['queued', 'processing'], to: 'dead_lettered' },
  redrive: { from: ['dead_lettered'], to: 'queued' },
  discard: { from: ['queued', 'processing', 'dead_lettered'], to: 'discarded' },
  hold: { from: ['queued', 'processing', 'dead_lettered'], to: 'held' },
  release: { from: ['held'], to: 'queued' },
  withdraw: { from: ['queued', 'processing', 'held', 'dead_lettered', 'applied'], to: 'withdrawn' },
} satisfies Record<string, { from: State[], to: State }>

/** Prefix of the `reason` of a batch that an operator has dead-lettered. No attempt in flight may apply or reject such a batch. */
export const operatorReasonPrefix = 'OPERATOR: '

/** Condition: an attempt may end the batch. The batch is not final, and no operator has dead-lettered it. */
export const mayBeEnded = (sql: Sql) => sql`
  state in ${sql(transitions.apply.from)} and (state <> 'dead_lettered' or reason not like ${`${operatorReasonPrefix}%`})`

/**
 * Records the start of an attempt. Returns the state afterwards: a batch in a state from which no attempt begins stays in that state. Returns
 * undefined if the batch has no row.
 */
export async function beginBatch (tx: Sql, id: string): Promise<{ number: number, state: State, isReleased: boolean } | undefined> {
  const { from, to } = transitions.begin
  const [batch] = await tx<Array<{ number: number, state: State, isReleased: boolean }>>`
    update batches set
      state = case when state in ${tx(from)} then ${to} else state end,
      started_at = coalesce(started_at, clock_timestamp())
    where id = ${id}
    returning number, state, released_at is not null as "isReleased"`
  return batch
}

/** Returns a batch to the queue after a failed attempt. */
export async function requeueBatch (sql: Sql, id: string, reason: string): Promise<void> {
  const { from, to } = transitions.requeue
  await sql`update batches set state = ${to}, reason = ${reason} where id = ${id} and state in ${sql(from)}`
}

const jsonOrNull = (sql: Sql, value: unknown) => value ? sql.json(value as never) : null

export type AppliedContent = { rows: number, understood?: Understood | undefined, lastLineEnded: boolean | null, contentDigest: string }

/** Marks a batch as applied. Returns undefined, and changes nothing, if the batch is final or an operator has dead-lettered it. */
export async function markApplied (
  tx: Sql, { id, name }: Manifest, content: AppliedContent
): Promise<{ /** At any time before. */ wasDeadLetter: boolean } | undefined> {
  const [updated] = await tx<Array<{ wasDeadLetter: boolean }>>`
    update batches set state = ${transitions.apply.to}, finished_at = clock_timestamp(), row_count = ${content.rows},
      understood = ${jsonOrNull(tx, content.understood)}, error_count = 0, first_errors = '[]', last_line_ended = ${content.lastLineEnded}, reason = null,
      name_kind = ${name.kind}, content_digest = ${content.contentDigest}, checked_under = null
    where id = ${id} and ${mayBeEnded(tx)}
    returning dead_lettered_at is not null as "wasDeadLetter"`
  return updated
}

export type HeldContent = Pick<AppliedContent, 'rows' | 'understood'> & { reason: string }

/**
 * Sets a batch aside: a person releases or withdraws it. Returns false, and changes nothing, if the batch is final, a person has released it, or an
 * operator has dead-lettered it.
 */
export async function holdBatch (tx: Sql, id: string, { rows, understood, reason }: HeldContent): Promise<boolean> {
  const written = await tx`
    update batches set state = ${transitions.hold.to}, held_at = clock_timestamp(), row_count = ${rows}, reason = ${reason},
      understood = ${jsonOrNull(tx, understood)}
    where id = ${id} and released_at is null and ${mayBeEnded(tx)} returning 1`
  return written.length > 0
}

/** Queues a held batch again; attempts then let it pass. Returns undefined, and changes nothing, if the batch is not held. */
export async function releaseBatch (tx: Sql, id: string): Promise<{ provider: string } | undefined> {
  const { from, to } = transitions.release
  const [batch] = await tx<Array<{ provider: string }>>`
    update batches set state = ${to}, released_at = clock_timestamp(), waits = 0, reason = null, queued_at = clock_timestamp()
    where id = ${id} and state in ${tx(from)} returning provider`
  return batch
}

/** Marks a withdrawal as applied. Returns false, and changes nothing, if the batch is final. */
export async function markWithdrawalApplied (tx: Sql, id: string): Promise<boolean> {
  const { from, to } = transitions.apply
  const written = await tx`
    update batches set state = ${to}, finished_at = clock_timestamp(), row_count = 0, error_count = 0, reason = null
    where id = ${id} and state in ${tx(from)} returning 1`
  return written.length > 0
}

/** The cause of a withdrawal: the reason of a request, or the batch that replaces this one. */
export type TakenBackBy = { why: string | null } | { replacedBy: string }

/**
 * Marks a batch as withdrawn. The caller takes back the prices of an applied batch in the same transaction. Returns false, and changes nothing, if
 * the batch is in none of the states `from`.
 */
export async function markWithdrawn (tx: Sql, id: string, by: TakenBackBy, from: readonly State[] = transitions.withdraw.from): Promise<boolean> {
  const [why, replacedBy] = 'why' in by ? [by.why, null] : [null, by.replacedBy]
  const written = await tx`
    update batches set state = ${transitions.withdraw.to}, finished_at = coalesce(finished_at, clock_timestamp()), withdrawn_at = clock_timestamp(),
      why = ${why}, replaced_by = ${replacedBy}, reason = null
    where id = ${id} and state in ${tx(from)} returning 1`
  return written.length > 0
}

const transitionOf = { validated: 'validate', rejected: 'reject' } as const satisfies Record<Checked['state'], keyof typeof transitions>

/** Marks a batch as validated or rejected, as the decision says. Returns false, and changes nothing, if the batch is final or has no row. */
export async function markChecked (tx: Sql, checked: Checked): Promise<boolean> {
  const { id, state, decidedAt, rows, understood, errors, firstErrors, lastLineEnded, under } = checked
  const { from, to } = transitions[transitionOf[state]]
  const written = await tx`
    update batches set state = ${to}, finished_at = ${decidedAt}, row_count = ${rows}, error_count = ${errors},
      first_errors = ${tx.json(firstErrors as never)}, last_line_ended = ${lastLineEnded}, reason = null,
      checked_under = ${under && tx.json(under as never)}, understood = ${jsonOrNull(tx, understood)}
    where id = ${id} and state in ${tx(from)} returning 1`
  return written.length > 0
}

/** Marks a batch as discarded, as the decision says. Returns false, and changes nothing, if the batch is final or has no row. */
export async function markDiscarded (tx: Sql, { id, decidedAt }: Discarded): Promise<boolean> {
  const { from, to } = transitions.discard
  const written = await tx`
    update batches set state = ${to}, finished_at = ${decidedAt} where id = ${id} and state in ${tx(from)} returning 1`
  return written.length > 0
}

/**
 * Dead-letters a batch. Without a `reason` the batch gets that of its last failed attempt. Returns undefined, and changes nothing, if the batch
 * is neither queued nor processing.
 */
export async function deadLetterBatch (sql: Sql, id: string, reason?: string): Promise<{ provider: string, reason: string } | undefined> {
  const { from, to } = transitions.deadLetter
  const [batch] = await sql<Array<{ provider: string, reason: string }>>`
    update batches set state = ${to}, dead_lettered_at = clock_timestamp(), reason = ${reason ?? reasonOfLastFailure(sql, id)}
    where id = ${id} and state in ${sql(from)} returning provider, reason`
  return batch
}

const reasonOfLastFailure = (sql: Sql, id: string) => sql`
  coalesce(${lastFailure(sql, sql`${id}`)}, reason, 'UNKNOWN: every worker that received it stopped without reporting a failure')`

/** Queues a dead letter again. Returns undefined, and changes nothing, if the batch is no dead letter. */
export async function redriveBatch (tx: Sql, id: string): Promise<{ provider: string } | undefined> {
  const { from, to } = transitions.redrive
  const [batch] = await tx<Array<{ provider: string }>>`
    update batches set state = ${to}, waits = 0, queued_at = clock_timestamp() where id = ${id} and state in ${tx(from)} returning provider`
  return batch
}
