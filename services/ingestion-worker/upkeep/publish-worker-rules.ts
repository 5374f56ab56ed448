import { setTimeout as wait } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { publishWorkerRules } from '../../../lib/batch/conditions.ts'
import { backoffMs } from '../../../lib/process/backoff.ts'
import type { Log } from '../../../lib/process/log.ts'
import type { BatchLimits } from '../apply/rules.ts'

/** Writes the release and limits of this worker to the database, with retries. The ingestion API compares rejections with them. */
export async function publishWorkerRulesUntilWritten (
  { sql, limits, log }: { sql: Sql, limits: BatchLimits, log: Log }, stopping: AbortSignal
): Promise<void> {
  for (let failures = 1; !stopping.aborted; failures++) {
    try {
      await publishWorkerRules(sql, limits)
      return
    } catch (error) {
      log.warn({ err: error, failures }, 'release and limits of this worker not written: the write is retried')
      await wait(backoffMs(failures), undefined, { signal: stopping }).catch(() => {})
    }
  }
}
