import type { Sql } from 'postgres'
import type { AnyManifest, Manifest } from '../../../lib/batch/batch.ts'
import type { Store } from '../../../lib/batch/store/store.ts'
import type { Attempt, RowsDone } from '../receive/attempt.ts'
import type { GuardOptions } from './guard/outliers.ts'
import type { Report } from './report.ts'
import type { BatchLimits } from './rules.ts'
import type { ReportStep } from './steps.ts'

export type ApplyOptions = {
  sql: Sql
  store: Store
  limits: BatchLimits
  /** Absent: no provider is guarded. */
  guard?: GuardOptions | undefined
  /** Aborted when the attempt must stop at once. Its transaction is then rolled back. */
  signal: AbortSignal
  onProgress: (done: RowsDone) => void
  onStep?: ReportStep
}

/** One attempt at a batch. */
export type Run<M extends AnyManifest = Manifest> = ApplyOptions & {
  manifest: M
  attempt: Attempt
  report: Report
  /** Aborted when the attempt has ended. */
  ended: AbortSignal
}
