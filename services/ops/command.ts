import type { Sql } from 'postgres'

export type Command = {
  usage: string
  /** `connect` opens the database; the command ends it. Throws CommandError for what a person can mend. */
  run: (args: string[], connect: () => Promise<Sql>) => Promise<void>
}

/** Told to the person at the terminal as it is, without a stack. */
export class CommandError extends Error {
  readonly exitCode: 1 | 2
  constructor (message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
