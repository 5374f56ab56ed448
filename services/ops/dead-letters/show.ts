import { idSummary } from '../batches/batch-id.ts'
import { command } from '../command.ts'
import { showBatch } from '../batches/show-batch.ts'

export const showDeadLetter = command({
  name: 'dead-letters show',
  summary: 'Shows the same as `batches show`.',
  operand: { value: 'ID', summary: idSummary },
  options: {},
  runs: 'task',
  async run ({ operands: [id = ''], system }) {
    await showBatch(await system(), id)
  },
})
