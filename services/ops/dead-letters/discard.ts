import { actOnBatches } from '../batches/act-on-batches.ts'
import { idSummary } from '../batches/batch-id.ts'
import { command } from '../command.ts'
import { actorOf, by, why } from '../options.ts'

export const discardDeadLetters = command({
  name: 'dead-letters discard',
  summary: 'Discards dead letters permanently. A repeated call changes nothing.',
  operand: { value: 'ID', summary: idSummary, repeats: true },
  options: { why, by },
  runs: 'task',
  async run ({ operands, values, system }) {
    await actOnBatches(await system(), 'discard', operands, await actorOf(values))
  },
})
