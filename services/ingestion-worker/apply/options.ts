import type { Sql } from 'postgres'
import type { Store } from '../../../lib/batch/store/store.ts'
import type { RowsDone } from '../receive/attempt.ts'
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
