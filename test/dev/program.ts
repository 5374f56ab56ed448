import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { killProcesses } from '../../dev/processes/stop.ts'
import { locateState, type State } from '../../dev/state/folder.ts'
import { childEnvironment } from '../harness/child-environment.ts'
import { waitLimitMs } from '../harness/patience.ts'

export const clone = join(import.meta.dirname, '../..')

export type Running = {
  child: ChildProcess
  /** Returns all output so far, standard error included. */
  output: () => string
  /** Resolves with the next line that matches, after the last line that was waited for. */
  line: (pattern: RegExp, limitMs?: number) => Promise<string>
  exit: (limitMs?: number) => Promise<{ code: number | null, signal: string | null }>
}

/** Runs a program of the clone with this Node. The program is killed with the test. */
export function runProgram (t: Test, program: string, args: string[] = [], env: Record<string, string> = {}): Running {
  return watch(t, spawn(process.execPath, [program, ...args], { cwd: clone, env: { ...childEnvironment, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }))
}

export function watch (t: Test, child: ChildProcess): Running {
  let output = ''
  let seen = 0
  const changes = new EventTarget()
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', chunk => {
      output += chunk
      changes.dispatchEvent(new Event('change'))
    })
  }
  const exited = new Promise<{ code: number | null, signal: string | null }>(resolve => child.once('close', (code, signal) => resolve({ code, signal })))
  t.teardown(() => { child.kill('SIGKILL') })
  return {
    child,
    output: () => output,
    line: (pattern, limitMs = waitLimitMs) => bounded(`no line ${pattern}`, limitMs, new Promise((resolve, reject) => {
      exited.then(() => reject(new Error(`it exited without a line ${pattern}; its output:\n${output}`)))
      const look = (): void => {
        const lines = output.slice(seen).split('\n').slice(0, -1)
        const found = lines.findIndex(line => pattern.test(line))
        if (found === -1) return
        changes.removeEventListener('change', look)
        seen += lines.slice(0, found + 1).join('\n').length + 1
        resolve(lines[found]!)
      }
      changes.addEventListener('change', look)
      look()
    }), () => output),
    exit: (limitMs = waitLimitMs) => bounded('it does not exit', limitMs, exited, () => output),
  }
}

async function bounded<T> (what: string, limitMs: number, promise: Promise<T>, output: () => string): Promise<T> {
  const limit = new AbortController()
  const late = sleep(limitMs, undefined, { signal: limit.signal }).then(() => { throw new Error(`${what} within ${limitMs} ms; its output:\n${output()}`) })
  try {
    return await Promise.race([promise, late])
  } finally {
    limit.abort()
    late.catch(() => {})
  }
}

/** Polls a condition that sends no event. */
export async function until (what: string, isSo: () => boolean | Promise<boolean>, limitMs = waitLimitMs): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!await isSo()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`)
    await sleep(20)
  }
}

/** Creates a state folder that PostgreSQL's user can enter. It is removed with the test, and the processes that still use it are ended. */
export function stateFolder (t: Test): { stateDir: string, state: State } {
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-state-'))
  chmodSync(folder, 0o711)
  const stateDir = join(folder, 'state')
  const state = locateState(stateDir)
  t.teardown(async () => {
    await killProcesses(state)
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  return { stateDir, state }
}
