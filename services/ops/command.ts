import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { System } from './system.ts'

export type Command = {
  usage: string
  /** Throws CommandError for what a person can mend. */
  run: (args: string[], system: () => Promise<System>) => Promise<void>
}

/** Told to the person at the terminal as it is, without a stack. */
export class CommandError extends Error {
  readonly exitCode: 1 | 2
  constructor (message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Reads a verb, its operands and its options; throws the usage when they are not of the command's form. */
export function readArguments<T extends NonNullable<ParseArgsConfig['options']>> (usage: string, args: string[], options: T) {
  try {
    const { values, positionals: [verb = '', ...operands] } = parseArgs({ args, allowPositionals: true, options })
    return { verb, operands, values }
  } catch (error) {
    throw wrongUsage(usage, (error as Error).message)
  }
}

export const wrongUsage = (usage: string, what?: string): CommandError =>
  new CommandError(`${what ? `${what}\n\n` : ''}Usage: npm run ops -- ${usage}`, 2)
