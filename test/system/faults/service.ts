import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { childEnvironment } from '../../harness/child-environment.ts'
import { waitFor } from '../../harness/wait.ts'

export type Service = {
  name: string
  url: string
  /** Resolves when it listens, or has ended again. */
  start: () => Promise<void>
  /** Ends it and resolves when it is gone; nothing happens when it runs no more. */
  kill: (signal: 'SIGKILL' | 'SIGTERM') => Promise<void>
  /** Stops it where it is, or lets it go on. */
  freeze: (frozen: boolean) => void
  running: () => boolean
  /** The end of what it has said. */
  output: () => string
}

export type Died = (process: string, code: number | null, signal: string | null, output: string) => void

const root = join(import.meta.dirname, '../../..')

/** A program of the project as a process of its own on a port that it keeps over restarts. `died` hears of an end that nobody asked for. */
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

/** Any answer at all: the service listens. */
async function responds (url: string): Promise<boolean> {
  return await fetch(`${url}/live`, { signal: AbortSignal.timeout(1_000) }).then(() => true, () => false)
}
