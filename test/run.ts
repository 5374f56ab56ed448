import { spawn } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startFauxqs } from 'fauxqs'
import { clusterUrl, isReady, openCluster, spawnServer } from '../dev/postgres/cluster.ts'
import { serverOwner } from '../dev/postgres/owner.ts'
import { loadReferenceFiles } from '../services/reference/files.ts'
import { bootstrap } from '../services/migrate/bootstrap.ts'
import { migrate } from '../services/migrate/migrate.ts'
import { ensurePartitions } from '../services/migrate/partitions.ts'
import { openDatabase } from '../services/runtime/database.ts'
import { urlFor } from './harness/database.ts'
import type { TestSystem } from './harness/system.ts'

/**
 * `npm test [-- files]`: one PostgreSQL and one emulator for all test files, each of which clones the migrated template
 * database and owns its queues and bucket; then tap. Ends with tap's exit code and leaves nothing behind.
 */
const password = 'test'
const templateDatabase = 'template_freight'
const logins = ['migrator', 'rates_api', 'ingestion_api', 'ingestion_worker']

const owner = serverOwner()
const folder = mkdtempSync(join(tmpdir(), 'freight-rates-test-'))
if (owner) chownSync(folder, owner.uid, owner.gid)
const cluster = openCluster(folder, owner, password)
const port = await freePort()
// Nothing here outlives the run, so nothing need be safe from a power cut.
const server = spawnServer(cluster, port, { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '300', shared_buffers: '256MB' })
server.stdout!.resume()
let serverOutput = ''
server.stderr!.on('data', chunk => { serverOutput = (serverOutput + chunk).slice(-4_000) })
const emulator = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false })

let exitCode = 1
try {
  await ready()
  await makeTemplate()
  const system: TestSystem = { postgresUrl: clusterUrl(cluster, port, 'postgres'), templateDatabase, awsEndpoint: `http://127.0.0.1:${emulator.port}` }
  exitCode = await runTap(system)
} finally {
  await emulator.stop()
  server.kill('SIGQUIT')
  await new Promise(resolve => server.exitCode === null ? server.once('exit', resolve) : resolve(null))
  rmSync(folder, { recursive: true, force: true })
}
process.exit(exitCode)

async function ready (): Promise<void> {
  while (!isReady(cluster, server.pid!)) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL did not start:\n${serverOutput}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function makeTemplate (): Promise<void> {
  const superuser = openDatabase({ url: clusterUrl(cluster, port, 'postgres'), process: 'test', poolSize: 1 })
  await bootstrap(superuser, templateDatabase, Object.fromEntries(logins.map(login => [login, password])))
  const sql = openDatabase({ url: urlFor(clusterUrl(cluster, port, 'postgres'), 'migrator', templateDatabase), process: 'test', poolSize: 1 })
  await migrate(sql)
  await ensurePartitions(sql, '2020-12-01', '2022-01-01')
  await loadReferenceFiles(sql)
  await sql.end()
  await superuser.end()
}

function runTap (system: TestSystem): Promise<number> {
  const tap = spawn(process.execPath, [join(import.meta.dirname, '../node_modules/tap/dist/esm/run.mjs'), ...process.argv.slice(2)], {
    stdio: 'inherit', env: { ...process.env, TEST_SYSTEM: JSON.stringify(system) },
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => tap.kill(signal))
  return new Promise(resolve => tap.once('exit', code => resolve(code ?? 1)))
}

function freePort (): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
