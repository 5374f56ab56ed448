import type { System } from './system.ts'

/**
 * An option of a command; its key is its name. `value` is the placeholder in the usage. The value of a `file` is a local path if the
 * command runs in the terminal. If the command runs as a task, the value is the address of a copy, `s3://BUCKET/KEY`.
 */
export type Option =
  | { type: 'string', value: string, summary: string, required?: true, default?: string, file?: true }
  | { type: 'boolean', summary: string }
export type Options = Record<string, Option>

/** The values of a command's options. A string that is neither required nor has a default may be undefined. */
export type Values<O extends Options> = {
  [K in keyof O]: O[K] extends { type: 'boolean' } ? boolean
    : O[K] extends { required: true } | { default: string } ? string : string | undefined
}

/** The operand of a command: exactly one value, or one or more if it `repeats`. */
export type Operand = { value: string, summary: string, repeats?: true }

/** `npm run ops -- NAME OPERAND … OPTIONS` */
export type Command<O extends Options = any> = {
  /** The words of the command: `batches show`. */
  name: string
  /** One or two sentences for the list of commands. */
  summary: string
  /** Additional text in the command's own help. */
  details?: string
  operand?: Operand
  options: O
  /** Where the command runs with `--stack NAME`: as a task next to the database, or in the terminal. */
  runs: 'task' | 'terminal'
  /** Throws CommandError for errors that an operator can fix. */
  run (given: { operands: string[], values: Values<O>, system: () => Promise<System> }): Promise<void>
}

/** Defines a command, and infers the types of its values. */
export const command = <const O extends Options>(definition: Command<O>): Command<O> => definition
