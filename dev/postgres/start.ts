import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { killProcesses } from '../processes/end.ts'
import { supervise } from '../processes/supervise.ts'
import type { Run } from '../run.ts'
import type { State } from '../state/folder.ts'
import { clusterAt, isInitialised, isReady, spawnServer, type Cluster } from './cluster.ts'
import { initialise } from './initialise.ts'

const attemptsToInitialise = 3
const logLimitBytes = 5 * 1024 * 1024

/** Starts PostgreSQL on the cluster of the state folder, made at the first start. Its log is `postgres.log` there. */
export async function startPostgres (state: State, port: number, password: string, run: Run): Promise<void> {
  const cluster = clusterAt(join(state.folder, 'postgres'), state.owner, password, state.name)
  if (!isInitialised(cluster)) await makeCluster(cluster, run)
  const log = join(state.folder, 'postgres.log')
  await supervise([{
    name: 'postgres',
    clear: async () => {
      // Backends outlive a postmaster that was killed, and their number in its file may by now be anybody's.
      await killProcesses(state, 'postgres')
      rmSync(join(cluster.dataDir, 'postmaster.pid'), { force: true })
      if (existsSync(log) && statSync(log).size > logLimitBytes) renameSync(log, `${log}.1`)
    },
    spawn () {
      const file = openSync(log, 'a', 0o600)
      const child = spawnServer(cluster, port, { log_min_messages: 'warning' }, file)
      closeSync(file)
      return child
    },
    isReady: pid => isReady(cluster, pid),
    output: { read: child => child, tail: () => lastLines(log), speak: () => {} },
    stopSignal: 'SIGINT', // fast shutdown
    stopLimitMs: 15_000,
  }], run)
  run.story.step('postgres', `PostgreSQL 18 on 127.0.0.1:${port}`)
}

async function makeCluster (cluster: Cluster, { story, signal }: Run): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await initialise(cluster, signal)
    } catch (error) {
      signal.throwIfAborted()
      const { stderr = '', message, signal: endedBy } = error as Error & { stderr?: string, signal?: string }
      const said = (stderr || message).trim().split('\n').slice(-20)
      if (attempt === attemptsToInitialise) throw new Failure('PostgreSQL could not make its data folder.', said)
      story.step('postgres', `initdb ${endedBy ? `was ended by ${endedBy}` : 'failed'}: it is started again`)
    }
  }
}

const lastLines = (file: string): string[] => existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-20) : []
