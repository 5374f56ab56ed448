import { readArguments } from './arguments.ts'
import { CommandError } from './command.ts'
import { findCommand } from './commands.ts'
import { helpOfAll, requestedHelp } from './help.ts'
import { openSystem, type System } from './system.ts'

/** `npm run ops -- COMMAND …`: an operator's command on the system that DATABASE_URL names or the local one. */
const args = process.argv.slice(2)
const help = args.length === 0 ? helpOfAll() : requestedHelp(args)
if (help !== undefined) {
  console.log(help)
  process.exit(args.length === 0 ? 2 : 0)
}
let system: System | undefined
try {
  const { command, rest } = findCommand(args)
  await command.run({
    ...readArguments(command, rest),
    async system () {
      system ??= await openSystem()
      return system
    },
  })
} catch (error) {
  console.error(error instanceof CommandError ? error.message : `It failed: ${(error as Error).message || String((error as { code?: string }).code)}`)
  process.exitCode = error instanceof CommandError ? error.exitCode : 1
} finally {
  await system?.close()
}
process.exit()
