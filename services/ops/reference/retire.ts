import { command } from '../command.ts'
import { actorOf, by, why } from '../options.ts'
import { changeRetirement } from './change-retirement.ts'

export const retireCodes = command({
  name: 'reference retire',
  summary: 'Retires ports and regions: rows of new batches that name them are refused, their old prices stay.',
  details: 'All codes or none. A region can be retired once every port and region in it is. A retired port refuses its aliases too.',
  operand: { value: 'CODE', summary: 'The code of a port or the slug of a region', repeats: true },
  options: { why, by },
  runs: 'task',
  async run ({ operands, values, system }) {
    await changeRetirement(await system(), operands, 'retire', await actorOf(values))
  },
})
