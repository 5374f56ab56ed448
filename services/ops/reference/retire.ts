import { retireLocations, RetirementRefused, type RetireAction } from '../../../lib/reference/retire.ts'
import { command } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { actorOf, by, why } from '../options.ts'

export const retireCodes = retirement('retire', {
  summary: 'Retires ports and regions: rows of new batches with their codes are refused, and their old prices stay.',
  details: 'All codes or none. A region can be retired when all of its ports and regions are retired. Prices under an alias of a retired port are refused too.',
})

export const unretireCodes = retirement('unretire', {
  summary: 'Reverses the retirement of ports and regions: rows with their codes are accepted again.',
  details: 'All codes or none. To unretire a port of a retired region, unretire the region too.',
})

/** Defines a command that retires or unretires, and prints a line for each port and region. */
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
          console.log(`${kind} ${code}  ${action === 'retire' ? 'retired' : 'in use'}${changed ? '' : ' (already: nothing changed)'}`)
        }
      } catch (error) {
        if (!(error instanceof RetirementRefused)) throw error
        throw new CommandError(`${error.lines.join('\n')}\n\nNothing was changed.`)
      }
    },
  })
}
