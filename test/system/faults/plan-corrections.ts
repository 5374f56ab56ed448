import type { Random } from '../../../lib/sample/random.ts'

/** How a batch corrects others, and what its provider does with it after its acceptance. */
export type Correction = {
  /** Numbers of batches of the provider that this one replaces, or the latest one of its series. */
  replaces: number[] | 'previous' | null
  series: string | null
  /** The provider withdraws the batch as soon as it is accepted. */
  withdrawnAtOnce: boolean
  /** Its prices are ten times too high. Only batches of the guarded provider are. */
  isOutlier: boolean
  /** What the provider does if the batch is held. */
  whenHeld: 'release' | 'withdraw' | 'leave'
}

/** The provider whose batches the guard against outliers checks. */
export const guardedProvider = 'guarded'

export const noCorrection: Correction = { replaces: null, series: null, withdrawnAtOnce: false, isOutlier: false, whenHeld: 'leave' }

/**
 * Plans the corrections of a batch. `earlier` are the numbers of the provider's batches before it. Replacements choose from the last ones, so that
 * two replace the same.
 */
export function planCorrection (provider: string, earlier: readonly number[], random: Random): Correction {
  const latest = earlier.slice(-4)
  const inSeries = random() < 0.15
  const replaces = inSeries ? 'previous' : random() < 0.2 && latest.length > 0 ? chooseFrom(latest, random) : null
  return {
    replaces, series: inSeries ? 'weekly' : null, withdrawnAtOnce: random() < 0.06,
    isOutlier: random() < 0.4 && provider === guardedProvider,
    whenHeld: (['release', 'release', 'withdraw', 'leave'] as const)[Math.floor(random() * 4)]!,
  }
}

/** Returns one of the numbers, or up to three. */
function chooseFrom (numbers: readonly number[], random: Random): number[] {
  const count = random() < 0.6 ? 1 : 3
  return [...new Set(Array.from({ length: count }, () => numbers[Math.floor(random() * numbers.length)]!))]
}
