import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../test/harness/free-port.ts'

/** Starts the SQS and S3 emulator in a separate process, so that its CPU time is not counted as ours. */
export async function emulatorProcess (): Promise<{ endpoint: string, stop: () => void }> {
  const port = await freePort()
  const program = fileURLToPath(import.meta.resolve('fauxqs')).replace(/app\.js$/, 'server.js')
  const child = spawn(process.execPath, [program], {
    stdio: 'ignore', env: { PATH: process.env.PATH, FAUXQS_PORT: String(port), FAUXQS_HOST: '127.0.0.1', FAUXQS_LOGGER: 'false' },
  })
  const endpoint = `http://127.0.0.1:${port}`
  while (!await fetch(`${endpoint}/health`).then(response => response.ok, () => false)) await new Promise(resolve => setTimeout(resolve, 50))
  return { endpoint, stop: () => child.kill() }
}
