import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { killProcesses } from '../processes/stop.ts'
import { supervise } from '../processes/supervise.ts'
import type { Run } from '../run.ts'
import type { State } from '../state/folder.ts'
import { clusterAt, isInitialised, isReady, spawnServer, type Cluster } from './cluster.ts'
import { initialise } from './initialise.ts'

const attemptsToInitialise = 3
const settings = {
  log_min_messages: 'warning',
  // A crash of one process stops the whole server, and the supervisor restarts it. PostgreSQL 18's own recovery stopped for good
  // in 4 of 16 tries when its startup process was killed too.
  restart_after_crash: 'off',
}
const logLimitBytes = 5 * 1024 * 1024

export type Server = {
  /** Number of exits so far. */
  exitCount: () => number
  isReady: () => boolean
}

/** Starts PostgreSQL on the cluster of the state folder, which the first start creates. Its log is `postgres.log` in that folder. */
export async function startPostgres (state: State, port: number, password: string, run: Run): Promise<Server> {
  const cluster = clusterAt(join(state.folder, 'postgres'), state.owner, password, state.name)
  if (!isInitialised(cluster)) await createCluster(cluster, run)
  const log = join(state.folder, 'postgres.log')
  let exitCount = 0
  let pid = 0
  await supervise([{
    name: 'postgres',
    clear: async () => {
      // Backends survive a killed postmaster, and the process id in its file may now belong to another process.
      await killProcesses(state, 'postgres')
      rmSync(join(cluster.dataDir, 'postmaster.pid'), { force: true })
      if (existsSync(log) && statSync(log).size > logLimitBytes) renameSync(log, `${log}.1`)
    },
    spawn () {
      const file = openSync(log, 'a', 0o600)
      const child = spawnServer(cluster, port, settings, file)
      closeSync(file)
      pid = child.pid ?? 0
      return child.once('exit', () => { exitCount++ })
    },
    isReady: pid => isReady(cluster, pid),
    output: { read: child => child, tail: () => lastLines(log), forward: () => {} },
    stopSignal: 'SIGINT', // fast shutdown
    stopLimitMs: 15_000,
  }], run)
  run.reporter.step('postgres', `PostgreSQL 18 on 127.0.0.1:${port}`)
  return { exitCount: () => exitCount, isReady: () => isReady(cluster, pid) }
}

async function createCluster (cluster: Cluster, { reporter, signal }: Run): Promise<void> {
  for (let failures = 0; ;) {
    try {
      return await initialise(cluster, signal)
    } catch (error) {
      signal.throwIfAborted()
      const { stderr = '', message, signal: killedBy } = error as Error & { stderr?: string, signal?: string }
      const lastOutput = (stderr || message).trim().split('\n').slice(-20)
      if (!killedBy && ++failures === attemptsToInitialise) throw new Failure('PostgreSQL could not create its data folder.', lastOutput)
      reporter.step('postgres', `initdb ${killedBy ? `was killed by ${killedBy}` : 'failed'}: retrying`)
    }
  }
}

const lastLines = (file: string): string[] => existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-20) : []
