import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { postgresBinaries } from './binaries.ts'
import type { Owner } from './owner.ts'

export type Cluster = {
  /** Data folder of the cluster. */
  dataDir: string
  owner: Owner | undefined
  binaries: string
  password: string
}

/**
 * The cluster below `folder`, made there with initdb at the first call. `folder` is one that `owner` can enter.
 * The superuser is `postgres`; connections are TCP on 127.0.0.1 with a password.
 */
export function openCluster (folder: string, owner: Owner | undefined, password: string): Cluster {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (owner) chownSync(folder, owner.uid, owner.gid)
  const cluster = { dataDir: join(folder, 'cluster'), owner, password, binaries: postgresBinaries(owner, folder) }
  if (!existsSync(cluster.dataDir)) initialise(cluster)
  return cluster
}

function initialise ({ dataDir, owner, binaries, password }: Cluster): void {
  // Made aside and renamed, so that an initdb that was killed leaves nothing that looks like a cluster.
  const unfinished = `${dataDir}.unfinished`
  const passwordFile = `${dataDir}.password`
  rmSync(unfinished, { recursive: true, force: true })
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (owner) chownSync(passwordFile, owner.uid, owner.gid)
  try {
    execFileSync(join(binaries, 'bin', 'initdb'), [
      '--pgdata', unfinished, '--username', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256',
      '--encoding', 'UTF8', '--locale', 'C', '--no-sync',
    ], { stdio: 'pipe', cwd: '/', env: serverEnvironment(), ...identity(owner) })
    renameSync(unfinished, dataDir)
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

/** Starts the server in the foreground of a child process; it is ready when `isReady` says so. `settings` are server parameters. */
export function spawnServer ({ dataDir, owner, binaries }: Cluster, port: number, settings: Record<string, string> = {}): ChildProcess {
  const parameters = { port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
  return spawn(join(binaries, 'bin', 'postgres'),
    ['-D', dataDir, ...Object.entries(parameters).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', env: serverEnvironment(), detached: true, ...identity(owner) })
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

const identity = (owner: Owner | undefined): { uid?: number, gid?: number } => owner ? { uid: owner.uid, gid: owner.gid } : {}

/** Only what the server needs: a PGDATA or LC_ALL of the user's own shell must not reach it. */
const serverEnvironment = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' })
