import { Failure } from './failure.ts'
import type { Story } from './reporter.ts'

export type Run = {
  story: Story
  /** Aborted when the run is to end. */
  signal: AbortSignal
  /** What is opened last is closed first. */
  onEnd: (close: () => unknown) => void
}

/** Ctrl-C reaches this process twice, from the terminal and from npm: the second within this time is the same one. */
const sameSignalMs = 1_000

/**
 * Runs `begin`, then waits for SIGINT, SIGTERM or SIGHUP and closes what was opened: exit code 0. A failure of `begin`: one
 * sentence and 1, after closing. A second signal calls `endAtOnce` and exits with 1.
 */
export async function runUntilSignal (story: Story, begin: (run: Run) => Promise<void>, endAtOnce: () => Promise<void>): Promise<never> {
  const ending = new AbortController()
  const closers: Array<() => unknown> = []
  const end = new Promise<void>(resolve => ending.signal.addEventListener('abort', () => resolve()))
  let firstSignalAt = 0
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => onSignal(name))
  whenNpmEnds(() => onSignal('npm ended'))

  let exitCode = 0
  try {
    await begin({ story, signal: ending.signal, onEnd: close => closers.push(close) })
    await end
  } catch (error) {
    if (!ending.signal.aborted) {
      exitCode = 1
      tell(error)
      ending.abort()
    }
  }
  for (const close of closers.reverse()) {
    try {
      await close()
    } catch (error) {
      exitCode = 1
      tell(error)
    }
  }
  if (exitCode === 0) story.step('stopped', 'everything has ended; the data is kept')
  process.exit(exitCode)

  function onSignal (name: string): void {
    if (!firstSignalAt) {
      firstSignalAt = performance.now()
      story.step('stopping', `${name}: once more ends everything at once`)
      ending.abort()
    } else if (performance.now() - firstSignalAt > sameSignalMs) {
      exitCode = 1
      endAtOnce().finally(() => process.exit(1))
    }
  }
}

function tell (error: unknown): void {
  if (!(error instanceof Failure)) return console.error(error)
  for (const line of error.tail) console.error(`  ${line}`)
  console.error(error.message)
}

/** A kill -9 of npm, or a shell between the two that ended, reaches nobody: the parent is then another process. */
function whenNpmEnds (callback: () => void): void {
  if (!process.env.npm_lifecycle_event) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    callback()
  }, 250)
  timer.unref()
}
