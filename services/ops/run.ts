import { readArguments } from './arguments.ts'
import { CommandError } from './command-error.ts'
import { findCommand } from './commands.ts'
import { helpOfAll, requestedHelp } from './help.ts'
import type { System } from './system.ts'

/**
 * Runs the command that `args` names. Resolves to its exit code; 2 means wrong usage. `environment` returns the variables of the
 * system that the command works on. It is called when a command first needs that system, and may throw.
 */
export async function runCommand (args: string[], environment: () => NodeJS.ProcessEnv): Promise<number> {
  const help = args.length === 0 ? helpOfAll() : requestedHelp(args)
  if (help !== undefined) {
    console.log(help)
    return args.length === 0 ? 2 : 0
  }
  let system: System | undefined
  try {
    const { command, rest } = findCommand(args)
    await command.run({
      ...readArguments(command, rest),
      async system () {
        const { openSystem } = await import('./system.ts') // help and wrong usage need none of the libraries
        system ??= openSystem(environment())
        return system
      },
    })
    return 0
  } catch (error) {
    console.error(error instanceof CommandError ? error.message : `The command failed: ${(error as Error).message || String((error as { code?: string }).code)}`)
    return error instanceof CommandError ? error.exitCode : 1
  } finally {
    await system?.close()
  }
}
