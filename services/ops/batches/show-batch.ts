import type { Cause } from '../../../lib/batch/report/causes.ts'
import { listAttempts } from '../../../lib/batch/attempts.ts'
import { listAuditEntries } from '../../../lib/batch/dead-letters.ts'
import { readRecord } from '../../../lib/batch/records.ts'
import { findBatchId } from './batch-id.ts'
import { CommandError } from '../command-error.ts'
import { payloadOf } from './payload-of.ts'
import type { System } from '../system.ts'

/** Maximum number of attempts shown. After ten deliveries SQS dead-letters a message, so more attempts come from redrives. */
const maxAttempts = 100

/**
 * Prints a batch as JSON: the members of `GET /batches/<id>`, the errors of a rejected batch by cause, the state of its payload in the store, its
 * latest attempts, and the operators' actions on it. Throws CommandError.
 */
export async function showBatch (system: System, given: string): Promise<void> {
  const sql = system.readOnly()
  const id = await findBatchId(sql, given)
  const batch = await readRecord(sql, id)
  if (!batch) throw new CommandError(`There is no batch ${id}`)
  const { row_count: rows, ...members } = batch
  const [history, actions] = [await listAttempts(sql, id, maxAttempts), await listAuditEntries(sql, id)]
  const payload = await payloadOf(system, id)
  const causes = batch.state === 'rejected' ? { causes: await causesOf(system, id) } : {}
  console.log(JSON.stringify({ ...members, rows, ...causes, payload, attempt_history: history, actions }, null, 2))
}

/** Returns the errors of a batch by cause; null if the store cannot be read, or its report is of an earlier release. */
async function causesOf (system: System, id: string): Promise<Cause[] | null> {
  try {
    return (await (await system.store()).readCauses(id))?.causes ?? null
  } catch {
    return null
  }
}
