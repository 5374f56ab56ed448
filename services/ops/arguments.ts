import { parseArgs } from 'node:util'
import { hintOnNpm } from '../../lib/process/npm.ts'
import type { Command, Option, Options, Values } from './command.ts'
import { CommandError } from './command-error.ts'
import { usage } from './help.ts'

/** Reads the arguments after a command's name. Throws CommandError with exit code 2 that names the missing or unknown operand or option. */
export function readArguments<O extends Options> (command: Command<O>, args: string[]): { operands: string[], values: Values<O> } {
  const { operand } = command
  const options = Object.entries<Option>(command.options)
  const { values, positionals: operands } = parse(command, args)
  if (operand && operands.length === 0) throw wrongUsage(command, `${operand.value} is missing: ${operand.summary}.${hintOnNpm('ops')}`)
  const max = operand ? (operand.repeats ? Infinity : 1) : 0
  if (operands.length > max) throw wrongUsage(command, `"${operands[max]}" is unexpected: ${command.name} accepts ${operand ? `one ${operand.value}` : 'only options'}.`)
  for (const [name, option] of options) {
    if (option.type === 'string' && option.required && !values[name]) throw wrongUsage(command, `--${name} ${option.value} is missing: ${option.summary}.${hintOnNpm('ops')}`)
    if (option.type === 'boolean') values[name] ??= false
  }
  return { operands, values: values as Values<O> }
}

function parse (command: Command, args: string[]): { values: Record<string, string | boolean>, positionals: string[] } {
  const options = Object.fromEntries(Object.entries<Option>(command.options).map(([name, option]) =>
    [name, { type: option.type, ...(option.type === 'string' && option.default !== undefined ? { default: option.default } : {}) }]))
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
    return { values: { ...values } as Record<string, string | boolean>, positionals }
  } catch (error) {
    const [cause] = (error as Error).message.split('. ') // the rest is about positional arguments that begin with -
    throw wrongUsage(command, args.some(arg => /^--stack(=|$)/.test(arg)) ? '--stack NAME comes before the command.' : cause!)
  }
}

/** Creates an error that has one cause and the usage of the command. */
export const wrongUsage = (command: Command, cause: string): CommandError =>
  new CommandError(`${cause}\n\nUsage: npm run ops -- ${usage(command)}`, 2)
