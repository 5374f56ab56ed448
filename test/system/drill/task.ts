import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../harness/free-port.ts'
import { childEnvironment } from '../../harness/child-environment.ts'
import type { Release } from './release.ts'

/** A process of a release, in the role of an ECS task. */
export type Task = {
  url: string
  running: () => boolean
  /** Resolves with whether the process has reported within `limitMs` that it is ready. */
  ready: (limitMs: number) => Promise<boolean>
  /** Sends SIGTERM, and SIGKILL after `limitMs`. Resolves with the exit code or signal. */
  stop: (limitMs?: number) => Promise<string>
  output: () => string
}

export type Program = 'rates-api' | 'ingestion-api' | 'ingestion-worker'

export async function startTask ({ folder }: Release, program: Program, env: Record<string, string>): Promise<Task> {
  const url = `http://127.0.0.1:${await freePort()}`
  const child = spawn(process.execPath, [join(folder, 'services', program, 'main.ts')], {
    cwd: folder, stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...childEnvironment, HOST: '127.0.0.1', PORT: new URL(url).port, LOG_LEVEL: 'warn', ENVIRONMENT: 'drill', ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output = (output + text).slice(-20_000) })
  const exited = new Promise<string>(resolve => child.once('exit', (code, signal) => resolve(signal ?? String(code))))
  const running = (): boolean => child.exitCode === null && child.signalCode === null
  return {
    url, running,
    output: () => output,
    async ready (limitMs) {
      const until = performance.now() + limitMs
      while (running() && performance.now() < until) {
        if (await fetch(`${url}/ready`, { signal: AbortSignal.timeout(3_000) }).then(({ ok }) => ok, () => false)) return true
        await pause(50)
      }
      return false
    },
    async stop (limitMs = 70_000) {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
      const exitCode = await exited.finally(() => clearTimeout(timer))
      return exitCode === '0' ? exitCode : `${exitCode}: ${output.slice(-1_500)}`
    },
  }
}

/** Runs a release's migrator until it exits. Throws with its output unless it succeeded. */
export async function migrate ({ folder }: Release, env: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [join(folder, 'services/migrate/main.ts')], {
    cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...childEnvironment, ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text })
  const code = await new Promise(resolve => child.once('close', resolve))
  if (code !== 0) throw new Error(`services/migrate exited with ${code}:\n${output}`)
}
