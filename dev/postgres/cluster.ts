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
  /** On the command line or in the title of every process of it. */
  name: string
}

/** The cluster below `folder`, made or not made yet. */
export function clusterAt (folder: string, owner: Owner | undefined, password: string, name = 'freight-rates'): Cluster {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (owner) chownSync(folder, owner.uid, owner.gid)
  return { dataDir: join(folder, 'cluster'), owner, password, name, binaries: postgresBinaries(owner, folder) }
}

/** Throws a Failure where the data is of another major version than the server. */
export function isInitialised (cluster: Cluster): boolean {
  if (!existsSync(cluster.dataDir)) return false
  const dataVersion = readFileSync(join(cluster.dataDir, 'PG_VERSION'), 'utf8').trim()
  const serverVersion = execFileSync(join(cluster.binaries, 'bin', 'postgres'), ['--version'], { ...serverIdentity(cluster), encoding: 'utf8' })
  if (!serverVersion.includes(` ${dataVersion}.`)) throw new Failure(`The data in ${cluster.dataDir} is of PostgreSQL ${dataVersion}, this is ${serverVersion.trim()}: remove the state folder to start with an empty database.`)
  return true
}

/**
 * Starts the server in the foreground of a child process; it is ready when `isReady` says so. `settings` are server
 * parameters; `log` is a file that it writes to, else its output is to be read from the child.
 */
export function spawnServer (cluster: Cluster, port: number, settings: Record<string, string> = {}, log: number | 'pipe' = 'pipe'): ChildProcess {
  const parameters = { cluster_name: cluster.name, port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
  return spawn(join(cluster.binaries, 'bin', 'postgres'),
    ['-D', cluster.dataDir, ...Object.entries(parameters).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { stdio: ['ignore', log, log], detached: true, ...serverIdentity(cluster) })
}

/** The server writes its state into the last line of postmaster.pid; `pid` tells it from the file that a dead server left. */
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

/** Its account, and only what it needs: a PGDATA or LC_ALL of the user's own shell must not reach it. */
export function serverIdentity ({ owner }: Cluster): { uid?: number, gid?: number, cwd: string, env: NodeJS.ProcessEnv } {
  return { cwd: '/', env: { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' }, ...(owner ? { uid: owner.uid, gid: owner.gid } : {}) }
}
