import type { Sql } from 'postgres'
import { portCodeChars } from '../reference/port-code.ts'

/** Lanes of a batch in one month, of one kind. */
export type BatchLanes = { kind: number, month: string, origs: string[], dests: string[] }

/** Most lanes that one statement gets. */
const pieceLanes = 1_000

/** Yields the lanes of a batch, as `batch_lanes` has them, in pieces of at most `max` lanes of one kind and month. */
export async function * lanesOfBatch (sql: Sql, batchNumber: number, max = pieceLanes): AsyncGenerator<BatchLanes> {
  const months = await sql<Array<{ kind: number, month: string, origCodes: string, destCodes: string }>>`
    select kind, month, orig_codes as "origCodes", dest_codes as "destCodes"
    from batch_lanes where batch_number = ${batchNumber} order by kind, month`
  for (const { kind, month, origCodes, destCodes } of months) {
    const [origs, dests] = [split(origCodes), split(destCodes)]
    for (let at = 0; at < origs.length; at += max) yield { kind, month, origs: origs.slice(at, at + max), dests: dests.slice(at, at + max) }
  }
}

function split (codes: string): string[] {
  return Array.from({ length: codes.length / portCodeChars }, (_, index) => codes.slice(index * portCodeChars, (index + 1) * portCodeChars))
}
