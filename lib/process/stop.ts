import closeWithGrace from 'close-with-grace'
import { withDeadline } from './deadline.ts'
import type { Log } from './log.ts'

export type Phase = {
  name: string
  /** Maximum duration in ms. After a timeout the next phase starts. */
  limitMs: number
  run: () => Promise<unknown>
}

/**
 * Runs `phases` in order after SIGTERM, SIGINT or an uncaught error, and then ends the process. Each phase is logged by name and
 * has a time limit. Exits with 0 if a signal came and every phase finished in time, otherwise with 1. A second signal exits with 1 at once.
 */
export function stopInPhases (log: Log, phases: Phase[]): void {
  const totalMs = phases.reduce((sum, phase) => sum + phase.limitMs, 1_000)
  closeWithGrace({ delay: totalMs, logger: log }, async ({ signal, err }) => {
    if (err) log.fatal({ err }, 'uncaught error: stopping')
    else log.info({ signal }, 'stopping')
    let hasFailed = false
    for (const { name, limitMs, run } of phases) {
      const startedAt = performance.now()
      const finished = await withDeadline(run(), limitMs).then(() => true, error => {
        log.error({ err: error, phase: name }, 'shutdown phase failed or timed out')
        return false
      })
      log.info({ phase: name, ms: Math.round(performance.now() - startedAt), finished }, 'shutdown phase finished')
      hasFailed ||= !finished
    }
    if (hasFailed) throw new Error('shutdown incomplete: a phase failed or timed out')
  })
}
