import { runCommand } from './run.ts'

/** `node services/ops/main.ts COMMAND …`: an operator's command on the system that this process's variables name. */
process.exit(await runCommand(process.argv.slice(2), () => process.env))
