import type { Sql } from 'postgres'
import { dump } from '../faults/dump.ts'
import type { Sent } from './load.ts'

export type Ledger = { lost: number, doubled: number, wrong: string[], states: Record<string, number> }

/** Holds what the clients were told against what the database has at the end. */
export async function checkLedger (sql: Sql, sent: readonly Sent[]): Promise<Ledger> {
  const { batches, lanes, strays } = await dump(sql)
  const found = new Map(batches.map(batch => [batch.id, batch]))
  const ledger: Ledger = { lost: 0, doubled: 0, wrong: [], states: {} }
  for (const { state } of batches) ledger.states[state] = (ledger.states[state] ?? 0) + 1
  for (const { id, rows, state } of sent) {
    const batch = found.get(id)
    const expected = state === 'applied' ? rows : 0
    if (!batch || batch.state !== state || batch.rows < expected) ledger.lost++
    else if (batch.rows > expected) ledger.doubled++
    else continue
    ledger.wrong.push(`batch ${id}: ${batch ? `${batch.state}, ${batch.rows} prices` : 'not there'}, not ${state}, ${expected} prices`)
  }
  if (batches.length !== sent.length) ledger.wrong.push(`${batches.length} batches in the database, ${sent.length} were accepted`)
  if (strays > 0) ledger.wrong.push(`${strays} prices of no batch`)
  const different = lanes.filter(({ ledger: [count, cents], model }) => count !== model[0] || cents !== model[1])
  if (different.length > 0) ledger.wrong.push(`the read model differs from the ledger on ${different.length} days of lanes`)
  return ledger
}
