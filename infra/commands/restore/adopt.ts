import { Refused } from '../pulumi.ts'
import type { StackState } from '../stack-state.ts'
import { readCurrentDatabase } from './current-database.ts'

/**
 * The state with another instance in the place of the primary: the same resource, found by another id. undefined where the state
 * follows that instance already. Throws Refused for an id that is none, and for Aurora, whose clusters are found by name.
 */
export function adopted (stack: string, state: StackState, id: string): StackState | undefined {
  const { engine, name, database } = readCurrentDatabase(stack, state)
  if (engine === 'aurora') throw new Refused(`The state finds the cluster by its name ${name}: there is nothing to adopt, \`pulumi refresh\` reads it.`)
  if (!/^db-[A-Z0-9]{2,255}$/.test(id)) throw new Refused(`"${id}" is no resource id of an instance: it has the form db-ABCDEFGHIJKLMNOPQRSTUVWXYZ.`, 2)
  if (database.id === id) return undefined
  const changed = structuredClone(state)
  const primary = changed.deployment.resources!.find(({ urn, delete: isReplaced }) => urn === database.urn && !isReplaced)!
  primary.id = id
  // Pulumi's bridge to the AWS provider takes the id from the outputs where they have one, and from `id` otherwise.
  primary.outputs = { ...primary.outputs, id, resourceId: id }
  return changed
}
