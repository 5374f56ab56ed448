import { spawn } from 'node:child_process'
import type { Run } from '../run.ts'
import { clone } from '../settings.ts'
import type { State } from '../state/folder.ts'
import { childEnvironment } from './environment.ts'
import { nodeArguments, watchdogProgram } from './find.ts'
import { openOutput } from './output.ts'
import { supervise } from './supervise.ts'

/**
 * Starts the process that ends all others when this one is gone, however it ended: it holds the other end of a pipe, which
 * the system closes then. Started before all others, since it is what is closed last.
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
    stopSignal: 'SIGKILL', // it does nothing then
    stopLimitMs: 5_000,
  }], run)
}
