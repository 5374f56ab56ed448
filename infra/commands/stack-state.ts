import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pulumi, readPulumi } from './pulumi.ts'

/** A resource in a stack's state. */
export interface StateResource {
  urn: string
  type: string
  id?: string
  inputs?: Record<string, any>
  outputs?: Record<string, any>
  /** Set if the resource was replaced and is still to be deleted. */
  delete?: boolean
}

/** A stack's state as `pulumi stack export` prints it. Its secrets are encrypted. */
export interface StackState {
  version: number
  deployment: { resources?: StateResource[] }
}

export const exportState = async (stack: string): Promise<StackState> => JSON.parse(await readPulumi('stack', 'export', '--stack', stack)) as StackState

/** Replaces the stack's state. Pulumi validates the new state first. */
export async function importState (stack: string, state: StackState): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'freight-state-'))
  const file = join(folder, 'state.json')
  try {
    writeFileSync(file, JSON.stringify(state), { mode: 0o600 })
    await pulumi('stack', 'import', '--stack', stack, '--file', file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Returns the resources of a type, without those that are to be deleted. */
export const resourcesOf = (state: StackState, type: string): StateResource[] =>
  (state.deployment.resources ?? []).filter(resource => resource.type === type && !resource.delete)

/** Returns the outputs of the program, from the state. */
export const stackOutputs = (state: StackState): Record<string, any> => resourcesOf(state, 'pulumi:pulumi:Stack')[0]?.outputs ?? {}
