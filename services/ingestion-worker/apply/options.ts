import type { Sql } from 'postgres'
import type { Manifest } from '../../../lib/batch/batch.ts'
import type { Store } from '../../../lib/batch/store/store.ts'
import type { Attempt, RowsDone } from '../receive/attempt.ts'
import type { Report } from './report.ts'
import type { BatchLimits } from './rules.ts'
import type { ReportStep } from './steps.ts'

export type ApplyOptions = {
  sql: Sql
  store: Store
  limits: BatchLimits
  /** Aborted when the attempt must stop at once. Its transaction is then rolled back. */
  signal: AbortSignal
  onProgress: (done: RowsDone) => void
  onStep?: ReportStep
}

/** One attempt at a batch. */
export type Run = ApplyOptions & {
  manifest: Manifest
  attempt: Attempt
  report: Report
  /** Aborted when the attempt has ended. */
  ended: AbortSignal
}
