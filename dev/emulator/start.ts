import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { isHttpReady } from '../http-ready.ts'
import { childEnvironment } from '../processes/environment.ts'
import { emulatorProgram, nodeArguments } from '../processes/find.ts'
import { openOutput } from '../processes/output.ts'
import { supervise } from '../processes/supervise.ts'
import type { Run } from '../run.ts'
import { clone } from '../settings.ts'
import type { State } from '../state/folder.ts'
import { bucket } from './resources.ts'

/** Starts the emulator of SQS and S3, and resolves to its address. */
export async function startEmulatorProcess (state: State, port: number, run: Run): Promise<string> {
  const endpoint = `http://127.0.0.1:${port}`
  const dataDir = join(state.folder, 'emulator')
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const output = openOutput('emulator', run.reporter)
  const env = childEnvironment({ PORT: String(port), HOST: '127.0.0.1', DATA_DIR: dataDir })
  await supervise([{
    name: 'emulator',
    spawn: () => output.read(spawn(process.execPath, nodeArguments(state, emulatorProgram), { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })),
    isReady: () => isHttpReady(`${endpoint}/${bucket}`, 'HEAD'), // the emulator creates the bucket last
    output,
    stopSignal: 'SIGTERM',
    stopLimitMs: 5_000,
  }], run)
  run.reporter.step('emulator', `SQS and S3 on ${endpoint}`)
  return endpoint
}
