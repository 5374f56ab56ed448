import { Refused } from '../pulumi.ts'
import type { StackState } from '../stack-state.ts'
import { readCurrentDatabase } from './current-database.ts'

/**
 * Returns the state with another instance as the primary: the same resource with another id. Returns undefined if the state
 * already has that instance. Throws Refused for an invalid id, and for Aurora, whose clusters are found by name.
 */
export function adopted (stack: string, state: StackState, id: string): StackState | undefined {
  const { engine, name, database } = readCurrentDatabase(stack, state)
  if (engine === 'aurora') throw new Refused(`The state finds the cluster by its name ${name}: there is nothing to adopt, and \`pulumi refresh\` reads the new cluster.`)
  if (!/^db-[A-Z0-9]{2,255}$/.test(id)) throw new Refused(`"${id}" is no resource id of an instance: it has the form db-ABCDEFGHIJKLMNOPQRSTUVWXYZ.`, 2)
  if (database.id === id) return undefined
  const changed = structuredClone(state)
  const primary = changed.deployment.resources!.find(({ urn, delete: isReplaced }) => urn === database.urn && !isReplaced)!
  primary.id = id
  // Pulumi's bridge to the AWS provider reads the id from the outputs if they have one, and otherwise from `id`.
  primary.outputs = { ...primary.outputs, id, resourceId: id }
  return changed
}
