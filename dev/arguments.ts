import { parseArgs } from 'node:util'
import { takenByNpm, textOfTaken } from '../lib/process/npm.ts'

export type StartArguments = { reset: boolean }

const help = `Usage: npm start [-- --reset]

Starts PostgreSQL, an emulator of SQS and S3, the rates API, the ingestion API and the ingestion worker, and sends a month of sample prices.
Ctrl-C stops everything. The data stays in the state folder for the next start.

  --reset  deletes all data of the state folder before the start
  --help   prints this text

Variables: RATES_API_PORT (3000), INGESTION_API_PORT (3001), STATE_DIR (.state), SAMPLE_DATA (on), LOG_LEVEL (warn).
docs/configuration.md explains them.`

/** Reads the arguments of `npm start`. Exits with 0 after --help, and with 2 for an unknown argument or an option that npm took. */
export function readStartArguments (args: string[]): StartArguments {
  const taken = takenByNpm('start', ['reset'], args)
  if (taken !== undefined) {
    console.error(textOfTaken(taken, `npm start -- --${taken}`))
    process.exit(2)
  }
  try {
    const { values } = parseArgs({ args, options: { reset: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } } })
    if (!values.help) return { reset: values.reset }
    console.log(help)
    process.exit(0)
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`)
    process.exit(2)
  }
}
