import { auditOf } from '../../batch/dead-letters.ts'
import { readRecord } from '../../batch/records.ts'
import { command, CommandError } from '../command.ts'

export const showDeadLetter = command({
  name: 'dead-letters show',
  summary: 'Shows one batch with what operators did to it.',
  operand: { value: 'ID', summary: 'The id of the batch' },
  options: {},
  runs: 'task',
  async run ({ operands: [id = ''], system }) {
    const sql = (await system()).sql()
    const batch = await readRecord(sql, id)
    if (!batch) throw new CommandError(`There is no batch ${id}`)
    console.log(JSON.stringify({ ...batch, actions: await auditOf(sql, id) }, null, 2))
  },
})
