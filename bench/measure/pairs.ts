/** Runs the candidates alternately, `rounds` times after one uncounted round. Resolves to their medians in milliseconds. */
export async function medians<K extends string> (rounds: number, candidates: Record<K, () => Promise<number>>): Promise<Record<K, number>> {
  const times = Object.fromEntries(Object.keys(candidates).map(name => [name, []])) as unknown as Record<K, number[]>
  for (let round = 0; round <= rounds; round++) {
    for (const name of Object.keys(candidates) as K[]) {
      const ms = await candidates[name]()
      if (round > 0) times[name].push(ms)
    }
  }
  return Object.fromEntries(Object.entries<number[]>(times).map(([name, each]) => [name, median(each)])) as Record<K, number>
}

export async function timed (work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

function median (values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}
