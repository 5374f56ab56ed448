import type { Fixture } from './fixture.ts'
import type { Target } from './target.ts'

export type Surroundings = {
  target: Target
  fixture: Fixture
  /** A name that no other run has: for idempotency keys. */
  unique: (name: string) => string
}

export type Check = {
  name: string
  /** Throws when the system does otherwise than it should; answers with what is worth saying. */
  run: (surroundings: Surroundings) => Promise<string | void>
}

/** What a check answers when it has not got what it needs. */
export const skipped = (why: string): string => `skipped: ${why}`
