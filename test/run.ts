import { startFauxqs } from 'fauxqs'
import { runTap } from './harness/run-tap.ts'
import { createDatabase, temporaryServer } from './harness/server.ts'
import { testFiles } from './harness/test-files.ts'

/**
 * `npm test [-- files or folders]`: starts one PostgreSQL and one emulator for all test files, and runs tap. Each file clones the migrated template
 * database and has its own queues and bucket. Ends with tap's exit code, or with 2 for an argument without tests, and leaves no data behind. The
 * output of a failed run ends with the failed tests and the command that runs each file alone. TEST_PATIENCE is a factor for every limit.
 */
const args = refused(() => testFiles(process.argv.slice(2)))
const templateDatabase = 'template_freight'
const server = await temporaryServer()
const emulator = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false })

let exitCode = 1
try {
  await createDatabase(server, templateDatabase)
  exitCode = await runTap({
    postgresUrl: server.url('postgres', 'postgres'), templateDatabase, awsEndpoint: `http://127.0.0.1:${emulator.port}`,
    keepsVersions: false, verifiesUploads: false,
  }, args)
} finally {
  await emulator.stop()
  await server.remove()
}
process.exit(exitCode)

function refused<T> (work: () => T): T {
  try {
    return work()
  } catch (error) {
    console.error((error as Error).message)
    process.exit(2)
  }
}
