import { actOn, type Action, type ActionResult } from '../../../lib/batch/dead-letters.ts'
import type { Actor } from '../../../lib/batch/actor.ts'
import type { State } from '../../../lib/batch/batch.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { findBatchIds } from './batch-id.ts'
import { CommandError } from '../command-error.ts'
import type { System } from '../system.ts'

const refusals: Record<Action, string> = {
  redrive: 'not a dead letter', discard: 'not a dead letter', dead_letter: 'neither queued nor processing',
}

/** The states that a repeated action finds: it has nothing to do. */
const wanted: Record<Action, readonly State[]> = { redrive: ['queued', 'processing'], discard: ['discarded'], dead_letter: ['dead_lettered'] }

const absences: Record<Action, string> = {
  redrive: 'unknown', discard: 'unknown',
  dead_letter: 'no row: no batch has this id, or it was accepted while the database was unavailable. A worker writes the row at the first receive: then repeat the command',
}

function resultLine ({ state, changed, followed }: ActionResult, action: Action): { text: string, isRefused: boolean } {
  if (followed) return { text: `${state} (the store already had this decision: the row now has its state)`, isRefused: false }
  if (changed) return { text: state, isRefused: false }
  if (wanted[action].includes(state)) return { text: `${state} already: nothing changed`, isRefused: false }
  return { text: `refused: the batch is ${state}, ${refusals[action]}; nothing changed`, isRefused: true }
}

/**
 * Acts on each batch and prints a line for each. Throws CommandError if a batch has no row or is refused, and not if it already has
 * the wanted state. Throws before acting if an id is malformed or ambiguous.
 */
export async function actOnBatches (system: System, action: Action, given: string[], actor: Actor): Promise<void> {
  const ids = await findBatchIds(system.sql(), given)
  const effects = { store: await system.store(), queue: await system.queue() }
  let absent = 0
  let refused = 0
  for (const id of ids) {
    const result = await actOn(system.sql(), effects, id, action, actor).catch(error => {
      if (error instanceof Problem) return error
      throw error
    })
    if (result instanceof Problem) {
      refused++
      console.log(`${id}  ${result.code === 'payload-gone' ? 'refused' : 'failed'}: ${result.message}`)
      continue
    }
    if (!result) {
      absent++
      console.log(`${id}  ${absences[action]}`)
      continue
    }
    const { text, isRefused } = resultLine(result, action)
    if (isRefused) refused++
    console.log(`${id}  ${text}`)
  }
  const failed = [...(absent > 0 ? [`${absent} without a row`] : []), ...(refused > 0 ? [`${refused} refused or failed`] : [])]
  if (failed.length > 0) throw new CommandError(`Of ${ids.length} batches: ${failed.join(', ')}.`)
}
