import { isDeepStrictEqual } from 'node:util'
import type { Sql } from 'postgres'
import type { Test } from 'tap'
import { transaction } from '../../lib/postgres/transaction.ts'
import { averagePrices } from '../../services/rates-api/rates/average-prices.ts'
import type { LaneQuery, MonthTotals } from '../../services/rates-api/rates/lane-totals.ts'
import { waitFor } from './wait.ts'

/** A query of the rates API, and the sums that each read must return. */
export type Expected = { query: LaneQuery, months: MonthTotals[] }

/** Number of wrong reads of one reader that are reported. */
const maxReported = 3

/** Runs each query once. Returns what is wrong: sums that are not the expected ones, or the error of a statement. */
export async function wrongReads (sql: Sql, expected: readonly Expected[]): Promise<string[]> {
  const wrong: string[] = []
  for (const { query, months } of expected) {
    const found = await averagePrices(sql, query).catch((error: Error & { code?: string }) => error)
    const what = `${query.orig_code} to ${query.dest_code}`
    if (found instanceof Error) wrong.push(`${what}: ${found.code} ${found.message}`)
    else if (!isDeepStrictEqual(found.months, months)) wrong.push(`${what}: ${countOf(found.months)} prices, not ${countOf(months)}`)
  }
  return wrong
}

const countOf = (months: readonly MonthTotals[]): number => months.flatMap(({ counts }) => counts).reduce((sum, count) => sum + count, 0)

export type Readers = {
  /** Resolves when each reader has run all queries again, in reads that began after the call. */
  readAgain: () => Promise<void>
  /** Stops reading, and returns the number of rounds. */
  stop: () => Promise<number>
}

/** Runs the queries on each pool, round after round, until the test ends. Each wrong read fails the test. */
export function startReaders (t: Test, pools: Record<string, Sql>, expected: readonly Expected[]): Readers {
  const stopping = new AbortController()
  const readers = Object.entries(pools).map(([server, sql]) => {
    const reader = { rounds: 0, over: Promise.resolve() }
    reader.over = (async () => {
      for (let reported = 0; !stopping.signal.aborted; reader.rounds++) {
        for (const text of await wrongReads(sql, expected)) if (reported++ < maxReported) t.fail(`${server}, ${text}`)
      }
    })()
    return reader
  })
  const stop = async (): Promise<number> => {
    stopping.abort()
    await Promise.all(readers.map(({ over }) => over))
    return readers.reduce((sum, { rounds }) => sum + rounds, 0)
  }
  t.teardown(stop)
  return {
    stop,
    async readAgain () {
      const before = readers.map(({ rounds }) => rounds)
      await waitFor(() => readers.every(({ rounds }, index) => rounds >= before[index]! + 2)) // the first round had begun before the call
    },
  }
}

/**
 * Opens a transaction, runs the queries, and leaves the transaction open. The returned function runs the queries once more, commits, and returns
 * what was wrong.
 */
export async function openReader (
  sql: Sql, isolation: 'read committed' | 'repeatable read', expected: readonly Expected[]
): Promise<() => Promise<string[]>> {
  const [opened, over] = [Promise.withResolvers<string[]>(), Promise.withResolvers<void>()]
  const reading = transaction(sql, async tx => {
    await tx.unsafe(`set transaction isolation level ${isolation} read only; set local idle_in_transaction_session_timeout = 0`)
    opened.resolve(await wrongReads(tx, expected))
    await over.promise
    return await wrongReads(tx, expected)
  })
  reading.catch(opened.reject)
  const first = await opened.promise
  return async () => {
    over.resolve()
    return [...first, ...await reading.catch((error: Error) => [error.message])]
  }
}
