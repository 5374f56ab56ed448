import type { Metrics } from '../../../lib/metrics/metrics.ts'
import type { Labels } from '../../../lib/metrics/definitions.ts'
import type { Log } from '../../../lib/process/log.ts'

export type Step = Labels<'freight_batch_step_seconds'>['step']

/** Reports the end of a step of an attempt: its duration in milliseconds, and further facts for the log. */
export type ReportStep = (step: Step, ms: number, facts?: Record<string, unknown>) => void

/** Returns a function that logs a step and observes its duration in the metric `freight_batch_step_seconds`. */
export function createStepReporter (log: Log, metrics: Metrics): ReportStep {
  return (step, ms, facts) => {
    metrics.observe('freight_batch_step_seconds', { step }, ms / 1_000)
    log.info({ step, ms: Math.round(ms * 10) / 10, ...facts }, 'batch step')
  }
}

/** Returns the milliseconds since `time`, a value of `performance.now()`. */
export const msSince = (time: number): number => performance.now() - time
