import type { StackState } from '../../infra/commands/stack-state.ts'
import { runProgram, type Declared, type Program } from './program.ts'

/** Returns the state that a stack has after its first `up`, as far as the commands read it: the declared resources, with ids. */
export async function stateOf (stack: string, changes: Record<string, unknown> = {}): Promise<{ state: StackState, program: Program }> {
  const program = await runProgram(stack, changes)
  const resources = program.all.filter(({ custom }) => custom).map(declared => ({
    urn: declared.urn, type: declared.type, ...idsOf(declared), inputs: declared.inputs,
  }))
  const root = { urn: `urn:pulumi:${stack}::freight-rates::pulumi:pulumi:Stack::freight-rates-${stack}`, type: 'pulumi:pulumi:Stack', outputs: program.outputs }
  return { state: { version: 3, deployment: { resources: [root, ...resources] } }, program }
}

/** Returns ids as the AWS provider does: an instance is found by its resource id, a cluster and its members by their identifiers. */
function idsOf ({ type, name, inputs }: Declared): { id: string, outputs: Record<string, any> } {
  const resourceId = `-${name.toUpperCase().replaceAll('-', '')}`
  if (type === 'aws:rds/instance:Instance') return { id: `db${resourceId}`, outputs: { ...inputs, id: `db${resourceId}`, resourceId: `db${resourceId}` } }
  const id = inputs.identifier ?? inputs.clusterIdentifier ?? `${name}-id`
  return { id, outputs: { ...inputs, id, clusterResourceId: `cluster${resourceId}` } }
}
