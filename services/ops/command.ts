import type { System } from './system.ts'

/**
 * An option of a command: its name is its key. `value` is the placeholder in the usage. The value of a `file` is a path at the terminal;
 * where the command runs as a task it is the address of a copy, `s3://BUCKET/KEY`.
 */
export type Option =
  | { type: 'string', value: string, summary: string, required?: true, default?: string, file?: true }
  | { type: 'boolean', summary: string }
export type Options = Record<string, Option>

/** The values of a command's options: a string that is neither required nor has a default may be missing. */
export type Values<O extends Options> = {
  [K in keyof O]: O[K] extends { type: 'boolean' } ? boolean
    : O[K] extends { required: true } | { default: string } ? string : string | undefined
}

/** What a command takes besides options: exactly one, one or more where it `repeats`, or none. */
export type Operand = { value: string, summary: string, repeats?: true }

/** `npm run ops -- NAME OPERAND … OPTIONS` */
export type Command<O extends Options = any> = {
  /** The words that call it: `batches show`. */
  name: string
  /** One or two sentences for the list of commands. */
  summary: string
  /** More for the command's own help. */
  details?: string
  operand?: Operand
  options: O
  /** Where it runs with `--stack NAME`: as a task beside the database, or where it is typed. */
  runs: 'task' | 'terminal'
  /** Throws CommandError for what a person can mend. */
  run (given: { operands: string[], values: Values<O>, system: () => Promise<System> }): Promise<void>
}

/** Checks a command's definition and infers the types of its values. */
export const command = <const O extends Options>(definition: Command<O>): Command<O> => definition

/** Printed to the person at the terminal as it is, without a stack. Exit code 2 is wrong usage. */
export class CommandError extends Error {
  readonly exitCode: 1 | 2
  constructor (message: string, exitCode: 1 | 2 = 1, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}
