import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../failure.ts'
import type { Run } from '../run.ts'
import type { Output } from './output.ts'

export type Program = {
  name: string
  /** Starts the program in its own process group, so that Ctrl-C in the terminal does not reach it. The supervisor defines the stop order. */
  spawn: () => ChildProcess
  isReady: (pid: number) => boolean | Promise<boolean>
  /** Removes what an earlier process left. Runs before each start. */
  clear?: () => Promise<void>
  output: Output
  stopSignal: NodeJS.Signals
  stopLimitMs: number
}

const firstReadyLimitMs = 120_000
const attemptsToStart = 5
const longestPauseMs = 5_000
/** A program that ran for this time counts as healthy: its restarts are counted from zero again. */
const healthyMs = 30_000

/**
 * Starts the programs in parallel, resolves when all are ready, and restarts each one that exits, until the run stops.
 * Throws a Failure if a program exits five times before it was ever ready. A killed program does not count.
 */
export async function supervise (programs: Program[], run: Run): Promise<void> {
  const supervised = programs.map(program => superviseOne(program, run))
  run.onStop(() => Promise.all(supervised.map(program => program.stop())))
  await Promise.all(supervised.map(program => program.ready))
}

function superviseOne (program: Program, { reporter, signal }: Run): { ready: Promise<void>, stop: () => Promise<void> } {
  const { name, output } = program
  const { promise: ready, resolve: isReady, reject: isNotReady } = Promise.withResolvers<void>()
  const stopping = new AbortController()
  let child: ChildProcess | undefined
  let everReady = false
  const stopped = keepRunning()
  signal.addEventListener('abort', () => isNotReady(signal.reason))
  const limit = setTimeout(() => isNotReady(failure(`is not ready after ${firstReadyLimitMs / 1_000} seconds`)), firstReadyLimitMs)
  ready.catch(() => {}).finally(() => clearTimeout(limit))
  return { ready, stop }

  async function keepRunning (): Promise<void> {
    for (let restarts = 0, failures = 0; ;) {
      const startedAt = performance.now()
      const exit = await runOnce().catch((error: Error): Exit => ({ text: `could not be started (${error.message})`, killed: false }))
      if (stopping.signal.aborted) return
      if (!everReady && !exit.killed && ++failures >= attemptsToStart) return isNotReady(failure(`does not start: it ${exit.text}`))
      if (performance.now() - startedAt > healthyMs) restarts = 0
      const pauseMs = Math.min(longestPauseMs, 100 * 2 ** restarts++)
      reporter.print(`${name.padEnd(18)}${exit.text}: restarting${pauseMs < 1_000 ? '' : ` in ${pauseMs / 1_000} s`}`)
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  async function runOnce (): Promise<Exit> {
    await program.clear?.()
    if (stopping.signal.aborted) return { text: 'was not started', killed: true }
    child = program.spawn()
    const exited = exitOf(child, () => { child = undefined })
    const isRestart = everReady
    if (await becomesReady(child.pid)) {
      everReady = true
      if (isRestart) reporter.print(`${name.padEnd(18)}ready after a restart`)
      output.forward()
      isReady()
    }
    return await exited
  }

  async function becomesReady (pid: number | undefined): Promise<boolean> {
    for (;;) {
      if (pid === undefined || child?.pid !== pid || stopping.signal.aborted) return false
      if (await program.isReady(pid)) return true
      await sleep(50)
    }
  }

  async function stop (): Promise<void> {
    stopping.abort()
    child?.kill(program.stopSignal)
    const force = setTimeout(() => {
      reporter.print(`${name.padEnd(18)}has not exited after ${program.stopLimitMs / 1_000} s: sending SIGKILL`)
      child?.kill('SIGKILL')
    }, program.stopLimitMs)
    await stopped
    clearTimeout(force)
  }

  function failure (problem: string): Failure {
    return new Failure(`${name} ${problem}.`, output.tail())
  }
}

type Exit = { text: string, killed: boolean }

function exitOf (child: ChildProcess, then: () => void): Promise<Exit> {
  return new Promise<Exit>(resolve => {
    child.once('error', error => { if (child.pid === undefined) resolve({ text: `could not be started (${error.message})`, killed: false }) })
    child.once('exit', (code, signal) => resolve({ text: signal ? `was killed by ${signal}` : `exited with code ${code}`, killed: signal !== null }))
  }).finally(then)
}
