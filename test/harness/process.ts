import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { childEnvironment } from './child-environment.ts'
import { waitedFor } from './wait.ts'

export type Exit = { code: number | null, signal: NodeJS.Signals | null }

export type Process = {
  /** `http://127.0.0.1:<port>` */
  url: string
  pid: number
  exited: Promise<Exit>
  kill: (signal: NodeJS.Signals) => Promise<Exit>
  /** Returns all of standard output and standard error so far. */
  output: () => string
  /** Resolves when the output contains `text`. */
  untilOutput: (text: string) => Promise<void>
}

const root = join(import.meta.dirname, '../..')

export type ProcessOptions = {
  cwd?: string
  /** Shell commands that run before the process, for example `ulimit -f 0`. */
  prepare?: string
}

/** Starts `services/<name>/main.ts` as a separate process on a free port. The process is killed with the test. */
export async function startProcess (t: Test, name: string, env: Record<string, string>, options?: ProcessOptions): Promise<Process> {
  const process = spawnProcess(t, name, env, options)
  const listening = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/
  await Promise.race([process.until(text => listening.test(text)), process.exited.then(() => {})])
  const url = listening.exec(process.output())?.[1]
  if (!url) throw new Error(`services/${name} did not start:\n${process.output()}`)
  return { ...process, url, untilOutput: text => process.until(output => output.includes(text)) }
}

/** Runs `services/<name>/main.ts` until it exits. For processes that must not start. */
export async function runProcess (t: Test, name: string, env: Record<string, string>): Promise<Exit & { output: string }> {
  const process = spawnProcess(t, name, env)
  return { ...await process.exited, output: process.output() }
}

/** Starts `services/<name>/main.ts` as a separate process, and does not wait. The process is killed with the test. */
export function spawnProcess (t: Test, name: string, env: Record<string, string>, { cwd = root, prepare }: ProcessOptions = {}) {
  const command = [process.execPath, join(root, 'services', name, 'main.ts')]
  const [program, ...args] = prepare ? ['/bin/sh', '-c', `${prepare} && exec "$0" "$@"`, ...command] : command
  const child = spawn(program!, args, {
    cwd, stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...childEnvironment, HOST: '127.0.0.1', PORT: '0', ...env },
  })
  let text = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      for (const look of waiting) look()
    })
  }
  const exited = new Promise<Exit>(resolve => child.once('close', (code, signal) => resolve({ code, signal })))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
    if (!t.passing()) console.error(`output of services/${name}:\n${text.slice(-4_000)}`)
  })
  return {
    pid: child.pid!,
    exited,
    kill (signal: NodeJS.Signals) {
      child.kill(signal)
      return exited
    },
    output: () => text,
    until (holds: (output: string) => boolean): Promise<void> {
      const late = new Error(`services/${name} did not write the expected output in time`)
      return waitedFor(new Promise<void>(resolve => {
        const look = (): void => {
          if (!holds(text)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }), () => late)
    },
  }
}

/** Returns the peak resident memory of a process so far, in MiB. Returns null where the system does not report it. */
export function peakMemory (pid: number): number | null {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kib === undefined ? null : Number(kib) / 1024
  } catch {
    return null
  }
}
