import closeWithGrace from 'close-with-grace'
import { withDeadline } from './deadline.ts'
import type { Log } from './log.ts'

export type Phase = {
  name: string
  /** How long it may take, in milliseconds, before the next phase begins without it. */
  limitMs: number
  run: () => Promise<unknown>
}

/**
 * Ends the process on SIGTERM, SIGINT or an uncaught error through `phases`, in order, each named in the log and bounded.
 * Exits with 0 after a signal when every phase ended in time, with 1 otherwise; a second signal exits with 1 at once.
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
      log.info({ phase: name, ms: Math.round(performance.now() - startedAt), ended: finished }, 'shutdown phase finished')
      hasFailed ||= !finished
    }
    if (hasFailed) throw new Error('shutdown incomplete: a phase failed or timed out')
  })
}
