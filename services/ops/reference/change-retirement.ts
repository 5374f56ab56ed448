import type { Actor } from '../../batch/dead-letters.ts'
import { retireLocations, RetirementRefused, type RetireAction } from '../../reference/retire.ts'
import { CommandError } from '../command.ts'
import type { System } from '../system.ts'

/** Retires or unretires, and prints a line for each port and region. */
export async function changeRetirement (system: System, codes: string[], action: RetireAction, actor: Actor): Promise<void> {
  try {
    for (const { code, kind, changed } of await retireLocations(system.sql(), codes, action, actor)) {
      const state = action === 'retire' ? 'retired' : 'in use'
      console.log(`${kind} ${code}  ${state}${changed ? '' : ' (it was before: nothing done)'}`)
    }
  } catch (error) {
    if (!(error instanceof RetirementRefused)) throw error
    throw new CommandError(`${error.lines.join('\n')}\n\nNothing was changed.`)
  }
}
