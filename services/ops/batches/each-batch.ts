import { Problem } from '../../../lib/http/problem.ts'
import { findBatchIds } from './batch-id.ts'
import { CommandError } from '../command-error.ts'
import type { System } from '../system.ts'

/** The line that a command prints for a batch. `absent`: the batch has no row. */
export type BatchLine = { text: string, outcome: 'done' | 'refused' | 'absent' }

/**
 * Acts on each batch and prints a line for each; a problem that `act` throws is a line too. Throws CommandError at the end if a batch has no row or
 * was refused. Throws before acting if an id is malformed or ambiguous.
 */
export async function onEachBatch (system: System, given: string[], act: (id: string) => Promise<BatchLine>): Promise<void> {
  const ids = await findBatchIds(system.sql(), given)
  const count = { done: 0, refused: 0, absent: 0 }
  for (const id of ids) {
    const { text, outcome } = await act(id).catch(problemLine)
    count[outcome]++
    console.log(`${id}  ${text}`)
  }
  const failed = [...(count.absent > 0 ? [`${count.absent} without a row`] : []), ...(count.refused > 0 ? [`${count.refused} refused or failed`] : [])]
  if (failed.length > 0) throw new CommandError(`Of ${ids.length} batches: ${failed.join(', ')}.`)
}

function problemLine (error: unknown): BatchLine {
  if (!(error instanceof Problem)) throw error
  return { text: `${error.status < 500 ? 'refused' : 'failed'}: ${error.message}`, outcome: 'refused' }
}
