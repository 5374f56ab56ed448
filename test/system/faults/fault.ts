import type { System } from './system.ts'

/** What a fault can do: it is over, and what it broke mended, when it resolves. It answers with what the history is to say of it. */
export type Fault = (context: FaultContext) => Promise<{ detail?: string, batches?: number[] } | undefined | void>

export type FaultContext = {
  system: System
  /** One of these, as the seed says. */
  pick: <T>(of: readonly T[]) => T
  /** Waits for between `min` and `max` milliseconds, as the seed says. */
  holdFor: (min: number, max: number) => Promise<void>
  /** The latest batches that were answered with 202, oldest first. */
  accepted: () => Array<{ batch: number, id: string, provider: string }>
  /** Has the providers send so many more batches now. */
  more: (batches: number) => void
}
