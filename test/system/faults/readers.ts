import { setTimeout as wait } from 'node:timers/promises'
import { shuffle } from '../../../lib/sample/random.ts'
import { idOf, type Plan } from './batches.ts'
import type { Clients } from './clients.ts'
import type { History } from './history.ts'
import { signedRuns } from './signed-runs.ts'
import { keyOf, type System } from './system.ts'

export const finalStates = ['applied', 'rejected', 'discarded', 'withdrawn']
/** Final batches that are polled again in each round: an applied one may be taken back. */
const polledAgain = 2

export type Readers = {
  /** Returns the batches that were seen in a final state. */
  finished: () => ReadonlySet<number>
  /** Forgets what was seen: the database is another one. */
  forget: () => void
  stop: () => Promise<void>
}

/**
 * Starts readers that poll continuously: providers for the state of their batches, analysts for the lanes of the batches, and one reader that counts
 * the ledger.
 */
export function startReaders (system: System, plans: readonly Plan[], clients: Clients, history: History): Readers {
  const stopping = new AbortController()
  const finished = new Set<number>()
  const counted = new Map<number, number>()
  const batchOf = new Map(plans.map(plan => [idOf(plan), plan.batch]))

  async function pollStates (): Promise<void> {
    const accepted = clients.accepted()
    const ended = accepted.filter(({ batch }) => finished.has(batch))
    for (const each of accepted.filter(({ batch }) => !finished.has(batch))) await pollState(each)
    for (const each of shuffle(ended, Math.random).slice(0, polledAgain)) await pollState(each)
  }

  /** Throws if there is no response: the round ends. */
  async function pollState ({ batch, id, provider }: ReturnType<Clients['accepted']>[number]): Promise<void> {
    if (stopping.signal.aborted) return
    const at = history.now()
    const response = await getJson(`${system.ingestionApi.url}/batches/${id}`, { authorization: `Bearer ${keyOf(provider)}` }) as { state: string } | null
    if (!response) throw new Error('no response')
    history.add({ type: 'poll', batch, at, until: history.now(), state: response.state })
    if (!finalStates.includes(response.state)) return
    finished.add(batch)
    await readLane(plans[batch]!) // a client that has read the state must see the batch, or not see it if it is withdrawn
  }

  async function readLanes (): Promise<void> {
    const latest = clients.accepted().slice(-8)
    const { batch } = latest[Math.floor(Math.random() * latest.length)] ?? { batch: 0 }
    await readLane(plans[batch]!)
  }

  async function readLane ({ batch, orig, dest }: Plan): Promise<void> {
    const at = history.now()
    const response = await getJson(`${system.ratesApi.url}/rates?date_from=2021-01-01&date_to=2021-01-31&orig_code=${orig}&dest_code=${dest}`)
    if (!response) return
    const { rates } = response as { rates: Array<{ count: number | null, price: number | null }> }
    const rows = rates.reduce((sum, { count }) => sum + (count ?? 0), 0)
    const means = [...new Set(rates.flatMap(({ price }) => price ?? []))]
    history.add({ type: 'seen', batch, by: 'rates', at, until: history.now(), rows, means })
  }

  /** Counts the prices in the runs of both tables, less those that runs take back. Records only changes since the previous count. */
  async function countLedger (): Promise<void> {
    const at = history.now()
    const rows = await system.admin<Array<{ id: string, rows: number }>>`
      select id, sum(prices)::bigint as rows from ${signedRuns(system.admin)} as run join batches on int8send(batches.number) = run.number
      group by id`.catch(() => null)
    if (!rows) return
    const now = new Map(rows.map(({ id, rows }) => [batchOf.get(id) ?? -1, rows]))
    for (const batch of new Set([...now.keys(), ...counted.keys()])) {
      const rows = now.get(batch) ?? 0
      if (rows !== counted.get(batch)) history.add({ type: 'seen', batch, by: 'ledger', at, until: history.now(), rows })
      counted.set(batch, rows)
    }
  }

  /** Reads the positions without the row of the last one: only the commits decide what a snapshot has. */
  async function readPositions (): Promise<void> {
    const at = history.now()
    const [row] = await system.admin<Array<{ count: number, highest: number }>>`
      select count(*), coalesce(max(position), 0) as highest from (
        select position from applied_batches where position is not null
        union select position from withdrawn_batches
        union select position from reference_changes
      ) as taken`
    if (row) history.add({ type: 'positions', at, ...row })
  }

  async function repeat (work: () => Promise<void>, everyMs: number): Promise<void> {
    while (!stopping.signal.aborted) {
      await work().catch(() => {})
      await wait(everyMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  const polling = Promise.all([repeat(pollStates, 200), repeat(readLanes, 60), repeat(countLedger, 600), repeat(readPositions, 100)])
  return {
    finished: () => finished,
    forget () {
      finished.clear()
      counted.clear()
    },
    async stop () {
      stopping.abort()
      await polling
      for (const batch of finished) await readLane(plans[batch]!)
    },
  }
}

async function getJson (url: string, headers: Record<string, string> = {}): Promise<unknown> {
  return await fetch(url, { headers, signal: AbortSignal.timeout(5_000) }).then(response => response.ok ? response.json() : null).catch(() => null)
}
