import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../failure.ts'
import type { Run } from '../run.ts'
import type { Output } from './output.ts'

export type Program = {
  name: string
  /** Starts it in a process group of its own: a Ctrl-C in the terminal must not reach it, the order of stopping is ours. */
  spawn: () => ChildProcess
  isReady: (pid: number) => boolean | Promise<boolean>
  /** Clears what a dead one left, before each start. */
  clear?: () => Promise<void>
  output: Output
  stopSignal: NodeJS.Signals
  stopLimitMs: number
}

const firstReadyLimitMs = 120_000
const attemptsToStart = 5
const longestPauseMs = 5_000
/** A program that ran for so long is healthy again: its next end is the first one. */
const healthyMs = 30_000

/**
 * Starts the programs side by side, resolves when all are ready, and starts each again whenever it ends, until the run does.
 * Throws a Failure when one ends by itself five times before it was ever ready; one that was killed does not count.
 */
export async function supervise (programs: Program[], run: Run): Promise<void> {
  const supervised = programs.map(program => superviseOne(program, run))
  run.onEnd(() => Promise.all(supervised.map(one => one.stop())))
  await Promise.all(supervised.map(one => one.ready))
}

function superviseOne (program: Program, { story, signal }: Run): { ready: Promise<void>, stop: () => Promise<void> } {
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
    for (let ends = 0, failures = 0; ;) {
      const startedAt = performance.now()
      const end = await runOnce().catch((error: Error): End => ({ text: `could not be started (${error.message})`, killed: false }))
      if (stopping.signal.aborted) return
      if (!everReady && !end.killed && ++failures >= attemptsToStart) return isNotReady(failure(`does not start: it ${end.text}`))
      if (performance.now() - startedAt > healthyMs) ends = 0
      const pauseMs = Math.min(longestPauseMs, 100 * 2 ** ends++)
      story.say(`${name.padEnd(18)}${end.text}: it is started again${pauseMs < 1_000 ? '' : ` in ${pauseMs / 1_000} s`}`)
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  async function runOnce (): Promise<End> {
    await program.clear?.()
    if (stopping.signal.aborted) return { text: 'was not started', killed: true }
    child = program.spawn()
    const ended = endOf(child, () => { child = undefined })
    const startsAgain = everReady
    if (await becomesReady(child.pid)) {
      everReady = true
      if (startsAgain) story.say(`${name.padEnd(18)}ready again`)
      output.speak()
      isReady()
    }
    return await ended
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
      story.say(`${name.padEnd(18)}has not ended in ${program.stopLimitMs / 1_000} s: it is killed`)
      child?.kill('SIGKILL')
    }, program.stopLimitMs)
    await stopped
    clearTimeout(force)
  }

  function failure (what: string): Failure {
    return new Failure(`${name} ${what}.`, output.tail())
  }
}

type End = { text: string, killed: boolean }

function endOf (child: ChildProcess, then: () => void): Promise<End> {
  return new Promise<End>(resolve => {
    child.once('error', error => { if (child.pid === undefined) resolve({ text: `could not be started (${error.message})`, killed: false }) })
    child.once('exit', (code, signal) => resolve({ text: signal ? `was ended by ${signal}` : `ended with exit code ${code}`, killed: signal !== null }))
  }).finally(then)
}
