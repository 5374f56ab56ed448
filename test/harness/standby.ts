import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { clusterAt } from '../../dev/postgres/cluster.ts'
import { runServer, temporaryFolder, unsafeSettings, type Server } from './server.ts'

export type Standby = Server & {
  /** Pauses and resumes the replay of changes from the primary (`pg_wal_replay_pause`). */
  pause: () => Promise<void>
  resume: () => Promise<void>
}

/**
 * Starts a streaming standby of a server. The embedded PostgreSQL has no pg_basebackup: the files are copied while the primary is in backup mode, as
 * pg_basebackup does.
 */
export async function standbyOf (primary: Server, settings: Record<string, string> = {}): Promise<Standby> {
  const { folder, owner } = temporaryFolder()
  const { password, dataDir: source } = primary.cluster
  const cluster = clusterAt(folder, owner, password)
  const superuser = postgres(primary.url('postgres', 'postgres'), { max: 1, onnotice: () => {} })
  try {
    await superuser`select pg_backup_start('standby', fast => true)`
    execFileSync('cp', ['-R', source, cluster.dataDir])
    const [backup] = await superuser`select labelfile from pg_backup_stop(wait_for_archive => false)`
    execFileSync('rm', ['-f', join(cluster.dataDir, 'postmaster.pid')])
    writeFileSync(join(cluster.dataDir, 'backup_label'), backup!.labelfile as string)
    writeFileSync(join(cluster.dataDir, 'standby.signal'), '')
  } finally {
    await superuser.end()
  }
  if (owner) execFileSync('chown', ['-R', `${owner.uid}:${owner.gid}`, cluster.dataDir])
  const { hostname, port } = new URL(primary.url('postgres', 'postgres'))
  const server = await runServer(cluster, {
    ...unsafeSettings, primary_conninfo: `host=${hostname} port=${port} user=postgres password=${password}`, wal_retrieve_retry_interval: '100ms',
    ...settings,
  })

  async function controlReplay (command: 'pg_wal_replay_pause' | 'pg_wal_replay_resume'): Promise<void> {
    const sql = postgres(server.url('postgres', 'postgres'), { max: 1 })
    await sql.unsafe(`select ${command}()`)
    await sql.end()
  }
  return { ...server, pause: () => controlReplay('pg_wal_replay_pause'), resume: () => controlReplay('pg_wal_replay_resume') }
}
