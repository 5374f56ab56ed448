import type { Sql } from 'postgres'
import { portCodeChars } from '../../reference/port-code.ts'
import { lanesOfBatch, type BatchLanes } from '../lanes.ts'

/** Lanes of several batches, each once: by kind and month, then `CNGGZEETLL`. */
export class LaneSet {
  readonly #lanes = new Map<string, { kind: number, month: string, lanes: Set<string> }>()

  add ({ kind, month, origs, dests }: BatchLanes): void {
    const key = `${kind} ${month}`
    let of = this.#lanes.get(key)
    if (!of) this.#lanes.set(key, of = { kind, month, lanes: new Set() })
    for (const [at, orig] of origs.entries()) of.lanes.add(orig + dests[at]!)
  }

  async addBatches (sql: Sql, numbers: readonly number[]): Promise<void> {
    for (const number of numbers) {
      for await (const lanes of lanesOfBatch(sql, number)) this.add(lanes)
    }
  }

  /** Yields the lanes in pieces of at most `max` lanes of one kind and month. */
  * pieces (max: number): Generator<BatchLanes> {
    for (const { kind, month, lanes } of this.#lanes.values()) {
      const all = [...lanes]
      for (let at = 0; at < all.length; at += max) {
        const piece = all.slice(at, at + max)
        yield { kind, month, origs: piece.map(lane => lane.slice(0, portCodeChars)), dests: piece.map(lane => lane.slice(portCodeChars)) }
      }
    }
  }
}
