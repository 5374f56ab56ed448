import type { Sql } from 'postgres'
import { positionViolations } from '../faults/check-positions.ts'
import { dump, type Dump } from '../faults/dump.ts'
import { isContractProvider } from '../contract/callers.ts'
import { crosser, type Crossing } from './crossing.ts'
import type { Sent } from './sent.ts'

export type Ledger = { lost: number, doubled: number, wrong: string[], states: Record<string, number> }

/** Compares the clients' responses with the final contents of the database. */
export async function checkLedger (sql: Sql, sent: readonly Sent[], crossings: readonly Crossing[]): Promise<Ledger> {
  const contents = await dump(sql)
  const { batches: all, lanes, strays, wrongLanes } = contents
  const own = all.filter(({ provider }) => provider !== crosser && !isContractProvider(provider))
  const [batches, withdrawals] = [own.filter(({ mode }) => mode !== 'withdraw'), own.filter(({ mode }) => mode === 'withdraw')]
  const found = new Map(batches.map(batch => [batch.id, batch]))
  const ledger: Ledger = { lost: 0, doubled: 0, wrong: [], states: {} }
  for (const { state } of batches) ledger.states[state] = (ledger.states[state] ?? 0) + 1
  for (const { id, rows, state } of sent) {
    const batch = found.get(id)
    const expected = state === 'applied' ? rows : 0
    if (!batch || batch.state !== state || batch.rows < expected) ledger.lost++
    else if (batch.rows > expected) ledger.doubled++
    else continue
    ledger.wrong.push(`batch ${id}: ${batch ? `${batch.state}, ${batch.rows} prices` : 'missing'}, not ${state}, ${expected} prices`)
  }
  if (batches.length !== sent.length) ledger.wrong.push(`${batches.length} batches in the database, ${sent.length} were accepted`)
  checkCrossings(ledger, all.filter(({ provider }) => provider === crosser), crossings)
  const unfinished = withdrawals.filter(({ state }) => state !== 'applied')
  if (unfinished.length > 0) ledger.wrong.push(`${unfinished.length} withdrawals are not finished`)
  ledger.wrong.push(...batches.flatMap(wrongRuns))
  if (strays > 0) ledger.wrong.push(`${strays} prices of no batch`)
  const different = lanes.filter(({ ledger: [count, cents], model }) => count !== model[0] || cents !== model[1])
  if (different.length > 0) ledger.wrong.push(`the read model differs from the ledger on ${different.length} days of lanes`)
  ledger.wrong.push(...positionViolations(contents, []).map(({ text }) => text), ...wrongLanes.map(text => `lanes of batch ${text}`))
  return ledger
}

/** Checks that the prices of a batch are in the runs of the ledger once, and once negatively if it was taken back. */
function wrongRuns ({ id, marked, positive, negative, takenBackAt }: Dump['batches'][number]): string[] {
  if (positive === (marked ?? 0) && negative === (takenBackAt === null ? 0 : positive)) return []
  return [`batch ${id}: ${positive} of ${marked} prices in its runs, ${negative} taken back`]
}

/** Checks that the prices of a file exist once, whatever number of batches it was accepted as. */
function checkCrossings (ledger: Ledger, batches: Dump['batches'], crossings: readonly Crossing[]): void {
  const rowsOf = new Map(batches.map(({ id, rows }) => [id, rows]))
  for (const { kind, order, phase, rows, ids } of crossings) {
    const found = [...new Set(ids)].reduce((sum, id) => sum + (rowsOf.get(id) ?? 0), 0)
    if (found === rows) continue
    ledger[found > rows ? 'doubled' : 'lost']++
    ledger.wrong.push(`${kind}, ${order}, ${phase}: ${found} prices, not ${rows}`)
  }
  const accepted = new Set(crossings.flatMap(({ ids }) => ids))
  const unknown = batches.filter(({ id }) => !accepted.has(id))
  if (unknown.length > 0) ledger.wrong.push(`${unknown.length} batches of crossings that no client knows`)
}
