import { actOnBatches } from './act-on-batches.ts'
import { idSummary } from './batch-id.ts'
import { command } from '../command.ts'
import { actorOf, by, why } from '../options.ts'

export const deadLetterBatches = command({
  name: 'batches dead-letter',
  summary: 'Dead-letters batches that are queued or processing, so that the provider\'s next batch is processed.',
  details: 'The worker cancels the batch at its next heartbeat and deletes its message. `dead-letters redrive` sends the batch back to the queue.',
  operand: { value: 'ID', summary: idSummary, repeats: true },
  options: { why, by },
  runs: 'task',
  async run ({ operands, values, system }) {
    await actOnBatches(await system(), 'dead_letter', operands, await actorOf(values))
  },
})
