import { openDatabase } from '../runtime/database.ts'
import { reference } from './reference.ts'
import { CommandError, type Command } from './command.ts'
import { systemEnvironment } from './system.ts'

/** `npm run ops -- <noun> <verb> …`: what operators do by hand, on the system that DATABASE_URL names or the local one. */
const commands: Record<string, Command> = { reference }

const help = `Usage: npm run ops -- COMMAND

${Object.values(commands).map(command => command.usage).join('\n\n')}

Works on the system that the environment names (DATABASE_URL, and for batches QUEUE_URL and the rest),
or, without DATABASE_URL, on the one that \`npm start\` runs in this folder.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.`

const [noun, ...args] = process.argv.slice(2)
if (noun === undefined || noun === '--help' || noun === '-h' || noun === 'help') {
  console.log(help)
  process.exit(noun === undefined ? 2 : 0)
}
try {
  const command = commands[noun]
  if (!command) throw new CommandError(`There is no command "${noun}".\n\n${help}`, 2)
  await command.run(args, async () => {
    const { DATABASE_URL: url } = await systemEnvironment()
    return openDatabase({ url: url!, process: 'ops', poolSize: 1 })
  })
} catch (error) {
  if (error instanceof CommandError) console.error(error.message)
  else console.error(`It failed: ${(error as Error).message || String((error as { code?: string }).code)}`)
  process.exit(error instanceof CommandError ? error.exitCode : 1)
}
