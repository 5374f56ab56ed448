import { spawn } from 'node:child_process'
import type { Run } from '../run.ts'
import { clone } from '../settings.ts'
import type { State } from '../state/folder.ts'
import { childEnvironment } from './environment.ts'
import { nodeArguments, watchdogProgram } from './find.ts'
import { openOutput } from './output.ts'
import { supervise } from './supervise.ts'

/**
 * Starts the process that stops all others when this process exits, even by kill -9. The watchdog has the other end of a pipe, which
 * the operating system then closes. The watchdog starts first, because what starts first stops last.
 */
export async function startWatchdog (state: State, stateDir: string, run: Run): Promise<void> {
  const output = openOutput('watchdog', run.reporter)
  await supervise([{
    name: 'watchdog',
    spawn () {
      const child = spawn(process.execPath, nodeArguments(state, watchdogProgram, stateDir), {
        cwd: clone, env: childEnvironment(), stdio: ['pipe', 'pipe', 'pipe'], detached: true,
      })
      child.stdin.on('error', () => {})
      return output.read(child)
    },
    isReady: () => true,
    output,
    stopSignal: 'SIGKILL', // the watchdog then stops no other process
    stopLimitMs: 5_000,
  }], run)
}
