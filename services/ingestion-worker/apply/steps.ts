import type { Metrics } from '../../../lib/metrics/metrics.ts'
import type { Labels } from '../../../lib/metrics/definitions.ts'
import type { Log } from '../../../lib/process/log.ts'

export type Step = Labels<'freight_batch_step_seconds'>['step']

/** Said at the end of each step of an attempt: its time in milliseconds, and what else there is to say. */
export type ReportStep = (step: Step, ms: number, facts?: Record<string, unknown>) => void

/** A line of the log and an observation for each step. */
export function createStepReporter (log: Log, metrics: Metrics): ReportStep {
  return (step, ms, facts) => {
    metrics.observe('freight_batch_step_seconds', { step }, ms / 1_000)
    log.info({ step, ms: Math.round(ms * 10) / 10, ...facts }, 'batch step')
  }
}

/** Milliseconds since a time of `performance.now()`. */
export const msSince = (time: number): number => performance.now() - time
