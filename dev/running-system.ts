import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from './failure.ts'
import { identityOf, isRunning, type ProcessIdentity } from './processes/identity.ts'
import { stateDir } from './settings.ts'
import { locateState, type State } from './state/folder.ts'
import { readPrivateJson, writePrivateJson } from './state/private-file.ts'
import type { Login } from './state/secrets.ts'

/** What a command needs to work on the system that `npm start` runs. */
export type RunningSystem = {
  addresses: { ratesApi: string, ingestionApi: string, worker: string }
  /** Where each tells its metrics. */
  metrics: { ratesApi: string, ingestionApi: string, worker: string }
  /** The variables of the operator's commands: DATABASE_URL has the login of operators. */
  environment: Record<string, string>
  databaseUrls: Record<Login, string>
}

type Saved = RunningSystem & { supervisor: ProcessIdentity }

const fileOf = (state: State): string => join(state.folder, 'system.json')

/** Reads the system whose state is in STATE_DIR. Throws a Failure that says how to start it when it does not run. */
export function runningSystem (env: NodeJS.ProcessEnv = process.env): RunningSystem {
  const { supervisor, ...system } = readPrivateJson<Saved>(fileOf(locateState(stateDir(env)))) ?? {} as Partial<Saved>
  if (!supervisor || !isRunning(supervisor)) {
    throw new Failure('No local system is running: start it with `npm start`, or name another with DATABASE_URL.')
  }
  return system as RunningSystem
}

/** Lets others find the system for as long as this process runs. Answers with what takes that back. */
export function publishSystem (state: State, system: RunningSystem): () => void {
  writePrivateJson(fileOf(state), { supervisor: identityOf(process.pid), ...system } satisfies Partial<Saved>)
  return () => rmSync(fileOf(state), { force: true })
}
