import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from './failure.ts'
import { identityOf, isRunning, type ProcessIdentity } from './processes/identity.ts'
import { stateDir } from './settings.ts'
import { locateState, type State } from './state/folder.ts'
import { readPrivateJson, writePrivateJson } from './state/private-file.ts'
import type { Login } from './state/secrets.ts'

/** The data that a command needs for the system of `npm start`. */
export type RunningSystem = {
  addresses: { ratesApi: string, ingestionApi: string, worker: string }
  /** URLs of the metrics. */
  metrics: { ratesApi: string, ingestionApi: string, worker: string }
  /** Variables of the operators' commands: DATABASE_URL has the login of operators. */
  environment: Record<string, string>
  databaseUrls: Record<Login, string>
}

type Saved = RunningSystem & { supervisor: ProcessIdentity }

const fileOf = (state: State): string => join(state.folder, 'system.json')

/** Returns the system whose state is in STATE_DIR. Throws a Failure that says how to start the system if it does not run. */
export function runningSystem (env: NodeJS.ProcessEnv = process.env): RunningSystem {
  const { supervisor, ...system } = readPrivateJson<Saved>(fileOf(locateState(stateDir(env)))) ?? {} as Partial<Saved>
  if (!supervisor || !isRunning(supervisor)) {
    throw new Failure('No local system is running: start it with `npm start`, or name another with DATABASE_URL.')
  }
  return system as RunningSystem
}

/** Publishes the system for other commands while this process runs. Returns a function that withdraws it. */
export function publishSystem (state: State, system: RunningSystem): () => void {
  writePrivateJson(fileOf(state), { supervisor: identityOf(process.pid), ...system } satisfies Partial<Saved>)
  return () => rmSync(fileOf(state), { force: true })
}
