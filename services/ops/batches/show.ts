import { readRecord } from '../../batch/records.ts'
import { command, CommandError } from '../command.ts'

export const showBatch = command({
  name: 'batches show',
  summary: 'Shows one batch.',
  operand: { value: 'ID', summary: 'The id of the batch' },
  options: {},
  runs: 'task',
  async run ({ operands: [id = ''], system }) {
    const batch = await readRecord((await system()).sql(), id)
    if (!batch) throw new CommandError(`There is no batch ${id}`)
    console.log(JSON.stringify(batch, null, 2))
  },
})
