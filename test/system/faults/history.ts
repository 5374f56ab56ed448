import { appendFileSync, readFileSync } from 'node:fs'
import type { Plan } from './batches.ts'

/** What happened, as the driver saw it. Times are milliseconds since the beginning of the run. */
export type Entry =
  | { type: 'run', seed: number, providers: string[] }
  /** A batch that will be sent. */
  | { type: 'batch' } & Omit<Plan, 'again' | 'pauseMs'>
  /** One try to send a batch; status 0 is no answer. `clash` has the key of the batch and other content. */
  | { type: 'submit', batch: number, at: number, until: number, status: number, clash?: boolean, id?: string, state?: string }
  | { type: 'poll', batch: number, at: number, until: number, state: string }
  /** What a reader saw of a batch: all its rows in the ledger, or those of its own lane in the answer of `GET /rates`. */
  | { type: 'seen', batch: number, by: 'ledger' | 'rates', at: number, until: number, rows: number }
  /** `batches` are those that the fault delivered out of their order, or whose object it changed. */
  | { type: 'fault', name: string, at: number, until: number, detail: string, batches?: number[] }
  /** A process that ended though nobody had asked it to. */
  | { type: 'died', process: string, at: number, code: number | null, signal: string | null, output: string }
  /** An operator's action on a dead letter. */
  | { type: 'operator', batch: number, action: 'redrive' | 'discard', at: number, until: number, status: number, changed?: boolean }

export type Of<T extends Entry['type']> = Extract<Entry, { type: T }>

export type History = {
  now: () => number
  add: (entry: Entry) => void
}

/** Writes every entry to `file` as it comes, so that a run that is cut off can be read too. */
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
