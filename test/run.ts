import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { startFauxqs } from 'fauxqs'
import { failedFiles, failureSummary } from './harness/failed-tests.ts'
import { fileLimitMs } from './harness/patience.ts'
import { makeDatabase, temporaryServer } from './harness/server.ts'
import type { TestSystem } from './harness/system.ts'

/**
 * `npm test [-- files]`: one PostgreSQL and one emulator for all test files, each of which clones the migrated template
 * database and owns its queues and bucket; then tap. Ends with tap's exit code and leaves nothing behind. A run that fails ends
 * with the names of what failed and the command that runs each file alone. TEST_PATIENCE is a factor for every limit.
 */
const templateDatabase = 'template_freight'
const server = await temporaryServer()
const emulator = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false })

const startedAt = Date.now()
let exitCode = 1
try {
  await makeDatabase(server, templateDatabase)
  exitCode = await runTap({
    postgresUrl: server.url('postgres', 'postgres'), templateDatabase, awsEndpoint: `http://127.0.0.1:${emulator.port}`,
  })
} finally {
  await emulator.stop()
  await server.remove()
}
if (exitCode !== 0) console.error(`\n${failureSummary(failedFiles(join(import.meta.dirname, '../.tap/test-results'), startedAt))}`)
process.exit(exitCode)

function runTap (system: TestSystem): Promise<number> {
  const tap = spawn(process.execPath, [join(import.meta.dirname, '../node_modules/tap/dist/esm/run.mjs'), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: {
      ...process.env,
      TAP_TIMEOUT: process.env.TAP_TIMEOUT ?? String(fileLimitMs / 1_000),
      TEST_SYSTEM: JSON.stringify(system),
      // What some hundred processes compile, once.
      NODE_COMPILE_CACHE: join(import.meta.dirname, '../node_modules/.cache/tests'),
    },
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => tap.kill(signal))
  return new Promise(resolve => tap.once('exit', code => resolve(code ?? 1)))
}
