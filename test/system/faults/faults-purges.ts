import type { Fault } from './fault.ts'
import type { Trap } from './operate.ts'

/** Where a purge may be interrupted: at its note, at the commits that take the batch back, between two removals, and at the end. */
const calls: ReadonlyArray<Omit<Trap, 'where'>> = [
  { side: 'aws', label: 'purge note' },
  { side: 'postgres', label: 'correction' },
  { side: 'postgres', label: 'commit' },
  { side: 'postgres', label: 'removal' },
  { side: 'aws', label: 'payload deleted' },
]

/** Kills a purge with kill -9 at one of its calls. A batch that was never applied lacks some of them: then the purge succeeds. */
const killPurge: Fault = async ({ pick, purge, more }) => {
  more(1)
  const call = pick(calls)
  const where = pick(['before', 'after'] as const)
  const purged = await purge({ ...call, where })
  if (!purged) return { detail: 'skipped: no batch to be purged' }
  return { detail: purged.isKilled ? `${where} ${call.label}` : `no such call was sent: ${call.label}` }
}

export const purgeFaults: Record<string, { weight: number, fault: Fault }> = {
  'kill -9 a purge': { weight: 12, fault: killPurge },
}
