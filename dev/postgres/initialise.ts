import { execFile, execFileSync } from 'node:child_process'
import { chownSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { clusterAt, isInitialised, serverIdentity, type Cluster } from './cluster.ts'
import type { Owner } from './owner.ts'

/** Creates the cluster with initdb; `signal` aborts it. An interrupted initdb leaves nothing that looks like a cluster. */
export async function initialise (cluster: Cluster, signal: AbortSignal): Promise<void> {
  const { program, args, unfinished } = prepare(cluster)
  try {
    await promisify(execFile)(program, args, { ...serverIdentity(cluster), signal, killSignal: 'SIGKILL' })
    renameSync(unfinished, cluster.dataDir)
  } finally {
    removeUnfinished(cluster)
  }
}

/**
 * Returns the cluster below `folder`, and creates it with initdb at the first call. `owner` must be able to enter `folder`.
 * The superuser is `postgres`; connections use TCP on 127.0.0.1 with a password.
 */
export function openCluster (folder: string, owner: Owner | undefined, password: string): Cluster {
  const cluster = clusterAt(folder, owner, password)
  if (!isInitialised(cluster)) initialiseSync(cluster)
  return cluster
}

/** Does the same as `initialise`, synchronously. */
function initialiseSync (cluster: Cluster): void {
  const { program, args, unfinished } = prepare(cluster)
  try {
    execFileSync(program, args, { ...serverIdentity(cluster), stdio: 'pipe' })
    renameSync(unfinished, cluster.dataDir)
  } finally {
    removeUnfinished(cluster)
  }
}

function prepare (cluster: Cluster): { program: string, args: string[], unfinished: string } {
  removeUnfinished(cluster)
  // Created under another name and renamed. The name is unique, because a killed initdb may still be removing its own folder.
  const unfinished = `${cluster.dataDir}.unfinished-${process.pid}-${Date.now()}`
  const passwordFile = `${unfinished}.password`
  writeFileSync(passwordFile, cluster.password, { mode: 0o600 })
  if (cluster.owner) chownSync(passwordFile, cluster.owner.uid, cluster.owner.gid)
  const args = [
    '--pgdata', unfinished, '--username', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256',
    '--encoding', 'UTF8', '--locale', 'C', '--no-sync', '--set', `cluster_name=${cluster.name}`,
  ]
  return { program: join(cluster.binaries, 'bin', 'initdb'), args, unfinished }
}

function removeUnfinished ({ dataDir }: Cluster): void {
  for (const name of readdirSync(dirname(dataDir))) {
    if (name.startsWith(`${basename(dataDir)}.unfinished-`)) rmSync(join(dirname(dataDir), name), { recursive: true, force: true, maxRetries: 10 })
  }
}
