import type { Trap } from './operate.ts'
import type { System } from './system.ts'

/** A fault. It resolves after the fault has ended and its damage is fixed. The result is its entry in the history. */
export type Fault = (context: FaultContext) => Promise<{ detail?: string, batches?: number[], since?: number } | undefined | void>

export type FaultContext = {
  system: System
  /** Returns one of these values, as the seed decides. */
  pick: <T>(of: readonly T[]) => T
  /** Waits for between `min` and `max` milliseconds, as the seed decides. */
  holdFor: (min: number, max: number) => Promise<void>
  /** Returns the batches and withdrawals that got a 202, oldest first. */
  accepted: () => Array<{ batch: number, id: string, provider: string }>
  /** Makes the providers send this many more batches now. */
  more: (batches: number) => void
  /** Makes the providers withdraw this many batches now. */
  correct: (batches: number) => void
  /** Purges one batch, and kills the command at the trap. Resolves with whether a call met it, and with the batch. */
  purge: (trap: Trap) => Promise<{ isKilled: boolean, batch: number } | null>
  /** Makes the readers forget what they have seen. */
  forget: () => void
}
