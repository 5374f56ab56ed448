import { accessSync, chownSync, constants, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { clusterUrl, isReady, spawnServer, type Cluster } from '../../dev/postgres/cluster.ts'
import { openCluster } from '../../dev/postgres/initialise.ts'
import { serverOwner, type Owner } from '../../dev/postgres/owner.ts'
import { bootstrap } from '../../services/migrate/bootstrap.ts'
import { migrate } from '../../lib/migrations/migrate.ts'
import { ensurePartitions } from '../../lib/migrations/partitions.ts'
import { loadReferenceFiles } from '../../lib/reference/files.ts'
import { openDatabase } from '../../lib/postgres/database.ts'
import { urlFor } from './database.ts'
import { freePort } from './free-port.ts'

export type Server = {
  /** Returns the URL of a login in a database of the server. Every login's password is `test`. */
  url: (login: string, database: string) => string
  start: () => Promise<void>
  /** Stops the server: `SIGINT` is PostgreSQL's fast shutdown, `SIGQUIT` its immediate shutdown. */
  stop: (signal?: 'SIGINT' | 'SIGQUIT') => Promise<void>
  /** Stops the server and deletes its data. */
  remove: () => Promise<void>
  cluster: Cluster
}

const password = 'test'
/** The password of every login. */
export const loginPasswords = Object.fromEntries(['migrator', 'rates_api', 'ingestion_api', 'ingestion_worker', 'ops'].map(login => [login, password]))

/** No data here outlives its run, so no data must survive a power failure. */
export const unsafeSettings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }

/** Starts a PostgreSQL server for the caller alone, with its data in a temporary folder. */
export async function temporaryServer (settings: Record<string, string> = unsafeSettings): Promise<Server> {
  const { folder, owner } = temporaryFolder(settings === unsafeSettings ? memory() : tmpdir())
  return await runServer(openCluster(folder, owner, password), settings)
}

/** Creates a temporary folder that the server's account can enter. */
export function temporaryFolder (parent = tmpdir()): { folder: string, owner: Owner | undefined } {
  const owner = serverOwner()
  const folder = mkdtempSync(join(parent, 'freight-rates-test-'))
  if (owner) chownSync(folder, owner.uid, owner.gid)
  return { folder, owner }
}

/** Returns a folder in memory if it has capacity for the databases of all tests. Their files are created there twenty times as fast as on a disk. */
function memory (): string {
  const folder = '/dev/shm'
  try {
    accessSync(folder, constants.W_OK)
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize > 4 * 1024 ** 3 ? folder : tmpdir()
  } catch {
    return tmpdir()
  }
}

/** Starts a server on an existing cluster, in its own temporary folder. */
export async function runServer (cluster: Cluster, settings: Record<string, string>): Promise<Server> {
  const port = await freePort()
  let server: ReturnType<typeof spawnServer>

  async function start (): Promise<void> {
    server = spawnServer(cluster, port, { max_connections: '300', shared_buffers: '256MB', ...settings })
    let output = ''
    server.stdout!.resume()
    server.stderr!.on('data', chunk => { output = (output + chunk).slice(-4_000) })
    while (!isReady(cluster, server.pid!)) {
      if (server.exitCode !== null) throw new Error(`PostgreSQL did not start:\n${output}`)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }

  async function stop (signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return
    const exited = new Promise(resolve => server.once('exit', resolve))
    server.kill(signal)
    await exited
  }

  await start()
  return {
    url: (login, database) => urlFor(clusterUrl(cluster, port, 'postgres'), login, database),
    start,
    stop,
    async remove () {
      await stop('SIGQUIT')
      rmSync(dirname(cluster.dataDir), { recursive: true, force: true })
    },
    cluster,
  }
}

/** Creates a database with `services/migrate`, with partitions of the given months and the shipped reference data. */
export async function createDatabase ({ url }: Server, name: string, firstMonth = '2020-12-01', lastMonth = '2022-01-01'): Promise<void> {
  const superuser = openDatabase({ url: url('postgres', 'postgres'), process: 'test', poolSize: 1 })
  await bootstrap(superuser, { database: name, loginPasswords })
  const sql = openDatabase({ url: url('migrator', name), process: 'test', poolSize: 1 })
  await migrate(sql)
  await ensurePartitions(sql, firstMonth, lastMonth)
  await loadReferenceFiles(sql)
  await sql.end()
  await superuser.end()
}
