import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { postgresBinaries } from './binaries.ts'
import type { Owner } from './owner.ts'

export type Cluster = {
  /** Data folder of the cluster. */
  dataDir: string
  owner: Owner | undefined
  binaries: string
  password: string
  /** On the command line or in the title of every process of the cluster. */
  name: string
}

/** Returns the cluster below `folder`, which may not be initialised yet. */
export function clusterAt (folder: string, owner: Owner | undefined, password: string, name = 'freight-rates'): Cluster {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (owner) chownSync(folder, owner.uid, owner.gid)
  return { dataDir: join(folder, 'cluster'), owner, password, name, binaries: postgresBinaries(owner, folder) }
}

/** Returns whether the data folder exists. Throws a Failure if the data is of another major version than the server. */
export function isInitialised (cluster: Cluster): boolean {
  if (!existsSync(cluster.dataDir)) return false
  const dataVersion = readFileSync(join(cluster.dataDir, 'PG_VERSION'), 'utf8').trim()
  const serverVersion = execFileSync(join(cluster.binaries, 'bin', 'postgres'), ['--version'], { ...serverIdentity(cluster), encoding: 'utf8' })
  if (!serverVersion.includes(` ${dataVersion}.`)) throw new Failure(`The data in ${cluster.dataDir} is of PostgreSQL ${dataVersion}, this is ${serverVersion.trim()}: remove the state folder to start with an empty database.`)
  return true
}

/**
 * Starts the server in the foreground of a child process; `isReady` says when the server accepts connections. `settings` are
 * server parameters. `log` is the file for the output; by default the caller reads the output from the child.
 */
export function spawnServer (cluster: Cluster, port: number, settings: Record<string, string> = {}, log: number | 'pipe' = 'pipe'): ChildProcess {
  const parameters = { cluster_name: cluster.name, port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
  return spawn(join(cluster.binaries, 'bin', 'postgres'),
    ['-D', cluster.dataDir, ...Object.entries(parameters).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { stdio: ['ignore', log, log], detached: true, ...serverIdentity(cluster) })
}

/** Returns whether the server `pid` accepts connections. The last line of postmaster.pid has its state; a dead server's file has another pid. */
export function isReady ({ dataDir }: Cluster, pid: number): boolean {
  try {
    const lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
  } catch {
    return false
  }
}

export function clusterUrl ({ password }: Cluster, port: number, database: string, user = 'postgres'): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${database}`
}

/** Returns the server's account and a minimal environment: PGDATA or LC_ALL of the user's shell must not reach the server. */
export function serverIdentity ({ owner }: Cluster): { uid?: number, gid?: number, cwd: string, env: NodeJS.ProcessEnv } {
  return { cwd: '/', env: { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' }, ...(owner ? { uid: owner.uid, gid: owner.gid } : {}) }
}
