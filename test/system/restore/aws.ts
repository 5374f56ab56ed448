import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../harness/free-port.ts'
import { waitFor } from '../../harness/wait.ts'

const run = promisify(execFile)

/** Starts moto on a free port, and points the AWS CLI and the provider of this process to it. */
export async function startMoto (logFile: string): Promise<ChildProcess> {
  const port = await freePort()
  const log = openSync(logFile, 'a')
  const moto = spawn('python3', [join(import.meta.dirname, 'moto_server.py'), '-H', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', log, log] })
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1', AWS_PAGER: '',
    AWS_EC2_METADATA_DISABLED: 'true',
  })
  await waitFor(async () => {
    if (moto.exitCode !== null) throw new Error(`moto exited with ${moto.exitCode}: ${logFile}`)
    return await fetch(`http://127.0.0.1:${port}/moto-api/data.json`).then(response => response.ok, () => false)
  })
  return moto
}

/** Resolves with the output of the AWS CLI, as JSON. */
export async function aws (...args: string[]): Promise<any> {
  const { stdout } = await run('aws', [...args, '--output', 'json'], { maxBuffer: 2 ** 26 })
  return stdout.trim() === '' ? undefined : JSON.parse(stdout)
}
