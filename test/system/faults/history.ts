import { appendFileSync, readFileSync } from 'node:fs'
import type { Plan } from './batches.ts'

/** Events as the driver saw them. Times are milliseconds since the beginning of the run. */
export type Entry =
  | { type: 'run', seed: number, providers: string[] }
  /** A batch that will be sent. */
  | { type: 'batch' } & Omit<Plan, 'again' | 'pauseMs'>
  /** One try to send a batch; status 0 is no response. With `clash` it has the key of the batch and other content. */
  | { type: 'submit', batch: number, at: number, until: number, status: number, clash?: boolean, id?: string, state?: string }
  /** One request to withdraw a batch, and one to release it. */
  | { type: 'withdraw', batch: number, at: number, until: number, status: number }
  | { type: 'release', batch: number, at: number, until: number, status: number }
  /** One run of `batches purge`; code null is a run that was killed. */
  | { type: 'purge', batch: number, at: number, until: number, code: number | null }
  /** An object of a purged batch that the store has at the end. */
  | { type: 'left', batch: number, key: string }
  | { type: 'poll', batch: number, at: number, until: number, state: string }
  /** Rows of a batch that a reader saw: those in its runs, less those taken back, or those of its own lane in the response of `GET /rates`. */
  | { type: 'seen', batch: number, by: 'ledger' | 'rates', at: number, until: number, rows: number, /** Means of `GET /rates`, in USD. */ means?: number[] }
  /** One snapshot: how many positions were taken, and the highest one. */
  | { type: 'positions', at: number, count: number, highest: number }
  /**
   * `batches` are those that the fault delivered out of order, or whose object the fault changed. `since` is the moment that it restored the database
   * to, in microseconds of the epoch.
   */
  | { type: 'fault', name: string, at: number, until: number, detail: string, batches?: number[], since?: number }
  /** A process that exited by itself. */
  | { type: 'died', process: string, at: number, code: number | null, signal: string | null, output: string }
  /** An operator's action on a dead letter. */
  | { type: 'operator', batch: number, action: 'redrive' | 'discard', at: number, until: number, status: number, changed?: boolean }

export type Of<T extends Entry['type']> = Extract<Entry, { type: T }>

export type History = {
  now: () => number
  add: (entry: Entry) => void
}

/** Writes every entry to `file` at once, so that the entries of an interrupted run are readable too. */
export function openHistory (file: string): History {
  const startedAt = performance.now()
  return {
    now: () => Math.round((performance.now() - startedAt) * 10) / 10,
    add (entry) { appendFileSync(file, `${JSON.stringify(entry)}\n`) },
  }
}

export function readHistory (file: string): Entry[] {
  return readFileSync(file, 'utf8').split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Entry)
}
