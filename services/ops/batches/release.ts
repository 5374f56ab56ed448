import { release } from '../../../lib/batch/release.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { findBatchIds, idSummary } from './batch-id.ts'
import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { actorOf, by, why } from '../options.ts'

export const releaseBatches = command({
  name: 'batches release',
  summary: 'Queues held batches again, last in their provider\'s order. They are applied although their prices look wrong.',
  details: '`batches show ID` has the reason. `batches withdraw ID` ends a held batch instead.',
  operand: { value: 'ID', summary: idSummary, repeats: true },
  options: { why, by },
  runs: 'task',
  async run ({ operands, values, system: open }) {
    const system = await open()
    const ids = await findBatchIds(system.sql(), operands)
    const [actor, queue] = [await actorOf(values), await system.queue()]
    let refused = 0
    for (const id of ids) {
      const result = await release(system.sql(), queue, id, actor).catch(error => {
        if (error instanceof Problem) return error
        throw error
      })
      if (result instanceof Problem || result === null) refused++
      console.log(`${id}  ${result === null
        ? 'no row: no batch has this id'
        : result instanceof Problem ? `refused: ${result.message}` : result.changed ? result.state : `${result.state} already: nothing changed`}`)
    }
    if (refused > 0) throw new CommandError(`Of ${ids.length} batches: ${refused} refused or failed.`)
  },
})
