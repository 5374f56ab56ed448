import { actOnBatches } from '../batches/act-on-batches.ts'
import { idSummary } from '../batches/batch-id.ts'
import { command } from '../command.ts'
import { actorOf, by, why } from '../options.ts'

export const redriveDeadLetters = command({
  name: 'dead-letters redrive',
  summary: 'Sends dead letters back to the queue, last in their provider\'s order. A repeated call changes nothing.',
  operand: { value: 'ID', summary: idSummary, repeats: true },
  options: { why, by },
  runs: 'task',
  async run ({ operands, values, system }) {
    await actOnBatches(await system(), 'redrive', operands, await actorOf(values))
  },
})
