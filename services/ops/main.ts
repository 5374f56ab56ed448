import { batches } from './batches.ts'
import { CommandError, type Command } from './command.ts'
import { deadLetters } from './dead-letters.ts'
import { reference } from './reference.ts'
import { sample } from './sample.ts'
import { openSystem, type System } from './system.ts'

/** `npm run ops -- <noun> <verb> …`: what operators do by hand, on the system that DATABASE_URL names or the local one. */
const commands: Record<string, Command> = { batches, 'dead-letters': deadLetters, reference, sample }

const help = `Usage: npm run ops -- COMMAND

${Object.values(commands).map(command => command.usage).join('\n\n')}

Works on the system that the environment names (DATABASE_URL, QUEUE_URL, AWS_REGION; INGESTION_API_URL and API_KEY to submit)
or, without DATABASE_URL, on the one that \`npm start\` runs in this folder; with --stack NAME before the command, on a stack on AWS.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.`

const [noun, ...args] = process.argv.slice(2)
if (noun === undefined || noun === '--help' || noun === '-h' || noun === 'help') {
  console.log(help)
  process.exit(noun === undefined ? 2 : 0)
}
let system: System | undefined
try {
  const command = commands[noun]
  if (!command) throw new CommandError(`There is no command "${noun}".\n\n${help}`, 2)
  await command.run(args, async () => {
    system ??= await openSystem()
    return system
  })
} catch (error) {
  console.error(error instanceof CommandError ? error.message : `It failed: ${(error as Error).message || String((error as { code?: string }).code)}`)
  process.exitCode = error instanceof CommandError ? error.exitCode : 1
} finally {
  await system?.close()
}
process.exit()
