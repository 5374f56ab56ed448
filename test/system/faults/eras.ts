import type { Entry, Of } from './history.ts'

/** A restore of the database: when it ran, and the moment that it went back to, in microseconds of the epoch. */
export type Restore = { at: number, until: number, since: number }

export const restoresOf = (faults: ReadonlyArray<Of<'fault'>>): Restore[] =>
  faults.flatMap(({ at, until, since }) => since === undefined ? [] : { at, until, since })

/**
 * Divides observations into those before the first restore, between the first and the second, and so on. A restored database repeats what was lost,
 * so an observation follows from those of the same era only. Those that were made while a restore ran belong to no era.
 */
export function erasOf<E extends Extract<Entry, { at: number }>> (entries: readonly E[], restores: readonly Restore[]): E[][] {
  const until = (entry: E): number => 'until' in entry ? entry.until : entry.at
  return [0, ...restores.map(({ until }) => until)].map((begin, era) => {
    const end = restores[era]?.at ?? Infinity
    return entries.filter(entry => entry.at >= begin && until(entry) < end)
  })
}
