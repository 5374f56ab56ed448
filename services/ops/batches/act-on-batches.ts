import { actOn, type Action, type ActionResult } from '../../../lib/batch/dead-letters.ts'
import type { Actor } from '../../../lib/batch/actor.ts'
import type { State } from '../../../lib/batch/batch.ts'
import { onEachBatch, type BatchLine } from './each-batch.ts'
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

function resultLine ({ state, changed, followed }: ActionResult, action: Action): BatchLine {
  if (followed) return { text: `${state} (the store already had this decision: the row now has its state)`, outcome: 'done' }
  if (changed) return { text: state, outcome: 'done' }
  if (wanted[action].includes(state)) return { text: `${state} already: nothing changed`, outcome: 'done' }
  return { text: `refused: the batch is ${state}, ${refusals[action]}; nothing changed`, outcome: 'refused' }
}

/** Acts on dead letters, or dead-letters batches. A batch that already has the wanted state is not refused. Throws what onEachBatch throws. */
export async function actOnBatches (system: System, action: Action, given: string[], actor: Actor): Promise<void> {
  const effects = { store: await system.store(), queue: await system.queue() }
  await onEachBatch(system, given, async id => {
    const result = await actOn(system.sql(), effects, id, action, actor)
    return result ? resultLine(result, action) : { text: absences[action], outcome: 'absent' }
  })
}
