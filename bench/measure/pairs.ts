import { summaryOf } from './results.ts'

/**
 * Runs the candidates in turns, `rounds` times after one uncounted round. Every other round runs in the opposite order, so that no candidate
 * always has the cache or the checkpoint of the same neighbour. Resolves to the values of each candidate, one a round.
 */
export async function turns<K extends string> (rounds: number, candidates: Record<K, () => Promise<number>>): Promise<Record<K, number[]>> {
  const names = Object.keys(candidates) as K[]
  const values = Object.fromEntries(names.map(name => [name, []])) as unknown as Record<K, number[]>
  for (let round = 0; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const value = await candidates[name]()
      if (round > 0) values[name].push(value)
    }
  }
  return values
}

/** Runs the candidates in turns. Resolves to their medians. */
export async function medians<K extends string> (rounds: number, candidates: Record<K, () => Promise<number>>): Promise<Record<K, number>> {
  const values = await turns(rounds, candidates)
  return Object.fromEntries(Object.entries<number[]>(values).map(([name, each]) => [name, summaryOf(each).median])) as Record<K, number>
}

/** Returns the ratio of each round. Other work on the machine slows both sides of a round. */
export function ratios (values: number[], others: number[]): number[] {
  return values.map((value, round) => value / others[round]!)
}

export async function timed (work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
