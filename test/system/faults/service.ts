import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { childEnvironment } from '../../harness/child-environment.ts'
import { waitFor } from '../../harness/wait.ts'

export type Service = {
  name: string
  url: string
  /** Resolves when the process listens, or has exited again. */
  start: () => Promise<void>
  /** Sends the signal and resolves when the process has exited. Has no effect on a process that has exited. */
  kill: (signal: 'SIGKILL' | 'SIGTERM') => Promise<void>
  /** Freezes the process (SIGSTOP), or lets it continue. */
  freeze: (frozen: boolean) => void
  running: () => boolean
  /** Returns the end of its output. */
  output: () => string
}

export type Died = (process: string, code: number | null, signal: string | null, output: string) => void

const root = join(import.meta.dirname, '../../..')

/** Opens a program of the project as a separate process on a port that it retains over restarts. `died` is called after an unexpected exit. */
export function openService (name: string, program: string, url: string, env: Record<string, string>, died: Died): Service {
  let child: ChildProcess | undefined
  let output = ''
  let stopping = false

  async function start (): Promise<void> {
    stopping = false
    const mine = spawn(process.execPath, [join(root, program)], {
      cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...childEnvironment, HOST: '127.0.0.1', PORT: new URL(url).port, ...env },
    })
    child = mine
    for (const stream of [mine.stdout, mine.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => { output = (output + chunk).slice(-200_000) })
    mine.once('exit', (code, signal) => { if (!stopping) died(name, code, signal, output.slice(-3_000)) })
    await waitFor(async () => hasExited(mine) || await responds(url))
  }

  async function kill (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const mine = child
    if (!mine || hasExited(mine)) return
    stopping = true
    const exited = new Promise(resolve => mine.once('exit', resolve))
    mine.kill(signal)
    await exited
  }

  return {
    name, url, start, kill,
    freeze: frozen => { child?.kill(frozen ? 'SIGSTOP' : 'SIGCONT') },
    running: () => child !== undefined && !hasExited(child),
    output: () => output,
  }
}

const hasExited = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

/** Resolves with whether the service responds with any status. */
async function responds (url: string): Promise<boolean> {
  return await fetch(`${url}/live`, { signal: AbortSignal.timeout(1_000) }).then(() => true, () => false)
}
