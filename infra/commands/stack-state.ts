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
  /** Replaced, and still to be deleted. */
  delete?: boolean
}

/** A stack's state as `pulumi stack export` prints it. Secrets in it are encrypted. */
export interface StackState {
  version: number
  deployment: { resources?: StateResource[] }
}

export const exportState = async (stack: string): Promise<StackState> => JSON.parse(await readPulumi('stack', 'export', '--stack', stack)) as StackState

/** Puts a changed state in the place of the stack's. Pulumi checks it first. */
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

/** The living resources of a type. */
export const resourcesOf = (state: StackState, type: string): StateResource[] =>
  (state.deployment.resources ?? []).filter(one => one.type === type && !one.delete)

/** What the program exports, from the state. */
export const stackOutputs = (state: StackState): Record<string, any> => resourcesOf(state, 'pulumi:pulumi:Stack')[0]?.outputs ?? {}
