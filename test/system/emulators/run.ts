import { runTap } from '../../harness/run-tap.ts'
import { createDatabase, temporaryServer } from '../../harness/server.ts'
import { startElasticMq } from './elasticmq.ts'
import { startFront } from './front.ts'
import { locate } from './locate.ts'
import { startVersitygw } from './versitygw.ts'

/**
 * `npm run test:emulators [-- files]`: the tests of batches, worker, ingestion API and system, the acceptance suite, and the tests that need
 * versions and signatures, on ElasticMQ and versitygw instead of fauxqs. Buckets are versioned, as on AWS. test/README.md says where to get the two
 * programs. Ends with tap's exit code, or with 2 if a program is missing.
 */
const suites = [
  'test/lib/batch/**/*.test.ts', 'test/services/ingestion-worker/**/*.test.ts', 'test/services/ingestion-api/**/*.test.ts', 'test/system/*.test.ts',
  'test/system/emulators/acceptance.ts', 'test/system/emulators/versions.ts', 'test/system/emulators/signed-put.ts',
]
const files = process.argv.slice(2)
const templateDatabase = 'template_freight'
const found = locate()
if ('missing' in found) {
  console.error(found.missing.join('\n'))
  process.exit(2)
}

const cleanups: Array<() => Promise<void>> = []
let exitCode = 1
try {
  const server = await temporaryServer()
  cleanups.push(server.remove)
  const queue = await startElasticMq(found.elasticMq)
  cleanups.push(queue.stop)
  const store = await startVersitygw(found.versitygw)
  cleanups.push(store.stop)
  const front = await startFront(queue.endpoint, store.endpoint)
  cleanups.push(front.stop)
  await createDatabase(server, templateDatabase)
  exitCode = await runTap({
    postgresUrl: server.url('postgres', 'postgres'), templateDatabase, awsEndpoint: front.endpoint, keepsVersions: true, verifiesUploads: true,
  }, files.length > 0 ? files : suites, 'npm run test:emulators')
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup()
}
process.exit(exitCode)
