import { release } from '../../../lib/batch/release.ts'
import { idSummary } from './batch-id.ts'
import { command } from '../command.ts'
import { onEachBatch } from './each-batch.ts'
import { actorOf, by, why } from '../options.ts'

export const releaseBatches = command({
  name: 'batches release',
  summary: 'Queues held batches again, last in their provider\'s order. They are applied although their prices look wrong.',
  details: '`batches show ID` has the reason. `batches withdraw ID` ends a held batch instead.',
  operand: { value: 'ID', summary: idSummary, repeats: true },
  options: { why, by },
  runs: 'task',
  async run ({ operands, values, system: open }) {
    const [system, actor] = [await open(), await actorOf(values)]
    const request = { sql: system.sql(), store: await system.store(), queue: await system.queue() }
    await onEachBatch(system, operands, async id => {
      const result = await release(request, id, actor)
      if (!result) return { text: 'no row: no batch has this id', outcome: 'absent' }
      return { text: result.changed ? result.state : `${result.state} already: nothing changed`, outcome: 'done' }
    })
  },
})
