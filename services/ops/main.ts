import { runCommand } from './run.ts'

/** `node services/ops/main.ts COMMAND …`: runs an operator's command on the system that the environment variables name. */
process.exit(await runCommand(process.argv.slice(2), () => process.env))
