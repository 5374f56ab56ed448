import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { childEnvironment } from '../../harness/child-environment.ts'
import type { System } from './system.ts'

/** The call at which a command is killed. */
export type Trap = { side: 'postgres' | 'aws', label: string, where: 'before' | 'after' }

export type Run = { /** Null if the command was killed. */ code: number | null, isKilled: boolean, output: string }

const main = join(import.meta.dirname, '../../../services/ops/main.ts')
/** Longest time of a command, in milliseconds. */
const longestMs = 60_000

/** Runs `npm run ops -- …args` as a process of its own, and kills it at the trap. One command runs at a time: its connections are those of all. */
export async function operate ({ operator }: System, args: readonly string[], trap?: Trap): Promise<Run> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...childEnvironment, ...operator.env } })
  const exited = new Promise<number | null>(resolve => child.once('exit', resolve))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => { output = (output + chunk).slice(-4_000) })
  const over = new AbortController()
  let isKilled = false
  if (trap) {
    operator[trap.side].trap(trap.label, trap.where, over.signal, async () => {
      isKilled = true
      if (trap.where === 'after') await wait(50) // the call must reach the other side before the process is killed
      child.kill('SIGKILL')
    })
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), longestMs)
  const code = await exited
  clearTimeout(timer)
  over.abort()
  return { code, isKilled, output }
}

/** Repeats a command until it succeeds, as an operator does. */
export async function operateUntilDone (system: System, args: readonly string[], tries: number): Promise<Run> {
  for (let left = tries; ; left--) {
    const run = await operate(system, args)
    if (run.code === 0 || left === 1) return run
    await wait(500)
  }
}
