import type { Fixture } from './fixture.ts'
import type { Target } from './target.ts'

export type Surroundings = {
  target: Target
  fixture: Fixture
  /** Returns a name that no other run has, for idempotency keys. */
  unique: (name: string) => string
}

export type Check = {
  name: string
  /** Throws if the system does not behave as it should. Resolves with a remark for the output, if any. */
  run: (surroundings: Surroundings) => Promise<string | void>
}

/** Returns the result of a check that lacks a prerequisite. */
export const skipped = (why: string): string => `skipped: ${why}`
