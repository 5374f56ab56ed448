import { readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryServer, type Server } from '../../test/harness/server.ts'

/** Starts a PostgreSQL server with its data on disk. It is also removed if the benchmark fails or is stopped. */
export async function benchServer (settings: Record<string, string> = {}): Promise<Server> {
  const server = await temporaryServer({ max_wal_size: '8GB', shared_buffers: '512MB', ...settings })
  const { dataDir } = server.cluster
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  process.once('exit', () => {
    try {
      process.kill(Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[0]), 'SIGQUIT')
    } catch {
      return // the server is removed already
    }
    rmSync(dirname(dataDir), { recursive: true, force: true, maxRetries: 20 })
  })
  return server
}
