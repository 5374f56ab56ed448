import { retireLocations, RetirementRefused, type RetireAction } from '../../../lib/reference/retire.ts'
import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { actorOf, by, why } from '../options.ts'

export const retireCodes = retirement('retire', {
  summary: 'Retires ports and regions: rows of new batches that name them are refused, their old prices stay.',
  details: 'All codes or none. A region can be retired once every port and region in it is. A retired port refuses its aliases too.',
})

export const unretireCodes = retirement('unretire', {
  summary: 'Takes the retirement of ports and regions back: rows may name them again.',
  details: 'All codes or none. A port of a retired region needs its region too.',
})

/** A command that retires or unretires, and prints a line for each port and region. */
function retirement (action: RetireAction, help: { summary: string, details: string }) {
  return command({
    name: `reference ${action}`,
    ...help,
    operand: { value: 'CODE', summary: 'The code of a port or the slug of a region', repeats: true },
    options: { why, by },
    runs: 'task',
    async run ({ operands, values, system }) {
      const [{ sql }, actor] = [await system(), await actorOf(values)]
      try {
        for (const { code, kind, changed } of await retireLocations(sql(), operands, action, actor)) {
          console.log(`${kind} ${code}  ${action === 'retire' ? 'retired' : 'in use'}${changed ? '' : ' (it was before: nothing done)'}`)
        }
      } catch (error) {
        if (!(error instanceof RetirementRefused)) throw error
        throw new CommandError(`${error.lines.join('\n')}\n\nNothing was changed.`)
      }
    },
  })
}
