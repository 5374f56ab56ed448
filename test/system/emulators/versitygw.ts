import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../harness/free-port.ts'
import type { Emulator } from './elasticmq.ts'
import { startProgram } from './program.ts'

/**
 * Starts versitygw on its own folder, with a second folder for the versions of objects. Its file system needs user extended attributes. TMPDIR
 * selects another file system.
 */
export async function startVersitygw (path: string): Promise<Emulator> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-versitygw-'))
  const [data, versions] = [join(folder, 'data'), join(folder, 'versions')]
  for (const each of [data, versions]) mkdirSync(each)
  const endpoint = new URL(`http://127.0.0.1:${port}`)
  const program = await startProgram(path, ['--port', `127.0.0.1:${port}`, '--region', 'eu-west-1', 'posix', '--versioning-dir', versions, data], {
    env: { ROOT_ACCESS_KEY: 'test', ROOT_SECRET_KEY: 'test' }, // the credentials that the tests sign with
    isReady: async () => (await fetch(endpoint)).status === 403, // a request without a signature
  })
  return {
    endpoint,
    async stop () {
      await program.stop()
      rmSync(folder, { recursive: true })
    },
  }
}
