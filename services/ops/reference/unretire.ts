import { command } from '../command.ts'
import { actorOf, by, why } from '../options.ts'
import { changeRetirement } from './change-retirement.ts'

export const unretireCodes = command({
  name: 'reference unretire',
  summary: 'Takes the retirement of ports and regions back: rows may name them again.',
  details: 'All codes or none. A port of a retired region needs its region too.',
  operand: { value: 'CODE', summary: 'The code of a port or the slug of a region', repeats: true },
  options: { why, by },
  runs: 'task',
  async run ({ operands, values, system }) {
    await changeRetirement(await system(), operands, 'unretire', await actorOf(values))
  },
})
