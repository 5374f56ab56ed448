import { idSummary } from './batch-id.ts'
import { command } from '../command.ts'
import { showBatch } from './show-batch.ts'

export const showOneBatch = command({
  name: 'batches show',
  summary: 'Shows one batch as JSON, with each attempt and the operators\' actions on it.',
  operand: { value: 'ID', summary: idSummary },
  options: {},
  runs: 'task',
  async run ({ operands: [id = ''], system }) {
    await showBatch(await system(), id)
  },
})
