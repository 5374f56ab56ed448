import { Failure } from './failure.ts'
import type { Reporter } from './reporter.ts'

export type Run = {
  reporter: Reporter
  /** Aborted when the run stops. */
  signal: AbortSignal
  /** Adds a function that closes something. The functions run in reverse order. */
  onStop: (close: () => unknown) => void
}

/** Ctrl-C reaches this process twice, from the terminal and from npm. A second signal within this time is the same Ctrl-C. */
const sameSignalMs = 1_000

/**
 * Runs `begin`, then waits for SIGINT, SIGTERM or SIGHUP, closes everything and exits with 0. If `begin` fails, prints one
 * sentence, closes everything and exits with 1. A second signal calls `stopImmediately` and exits with 1.
 */
export async function runUntilSignal (reporter: Reporter, begin: (run: Run) => Promise<void>, stopImmediately: () => Promise<void>): Promise<never> {
  const stopping = new AbortController()
  const closers: Array<() => unknown> = []
  const stopRequested = new Promise<void>(resolve => stopping.signal.addEventListener('abort', () => resolve()))
  let firstSignalAt = 0
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => onSignal(name))
  whenNpmExits(() => onSignal('npm exited'))

  let exitCode = 0
  try {
    await begin({ reporter, signal: stopping.signal, onStop: close => closers.push(close) })
    await stopRequested
  } catch (error) {
    if (!stopping.signal.aborted) {
      exitCode = 1
      printError(error)
      stopping.abort()
    }
  }
  for (const close of closers.reverse()) {
    try {
      await close()
    } catch (error) {
      exitCode = 1
      printError(error)
    }
  }
  if (exitCode === 0) reporter.step('stopped', 'all processes have exited; the data remains')
  process.exit(exitCode)

  function onSignal (name: string): void {
    if (!firstSignalAt) {
      firstSignalAt = performance.now()
      reporter.step('stopping', `${name}: a second signal stops everything immediately`)
      stopping.abort()
    } else if (performance.now() - firstSignalAt > sameSignalMs) {
      exitCode = 1
      stopImmediately().finally(() => process.exit(1))
    }
  }
}

function printError (error: unknown): void {
  if (!(error instanceof Failure)) return console.error(error)
  for (const line of error.tail) console.error(`  ${line}`)
  console.error(error.message)
}

/** Calls `callback` when npm, or a shell in between, exits without a signal, as by kill -9: the parent is then another process. */
function whenNpmExits (callback: () => void): void {
  if (!process.env.npm_lifecycle_event) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    callback()
  }, 250)
  timer.unref()
}
