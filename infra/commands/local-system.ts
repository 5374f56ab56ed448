import { runningSystem } from '../../dev/running-system.ts'
import { CommandError } from '../../services/ops/command-error.ts'

/** Each of these variables names a system: a database, an API (sufficient to send batches) or a list of keys. */
const systemVariables = ['DATABASE_URL', 'INGESTION_API_URL', 'API_KEYS_SECRET', 'API_KEYS_FILE']

/**
 * Returns this process's own variables if one of them names a system. Otherwise returns the variables of the system that
 * `npm start` runs on this machine. Throws CommandError if there is neither.
 */
export function namedOrLocalSystem (): NodeJS.ProcessEnv {
  if (systemVariables.some(name => process.env[name])) return process.env
  try {
    const { environment, addresses } = runningSystem()
    // The AWS client looks for credentials in the process's own variables.
    Object.assign(process.env, environment)
    return { INGESTION_API_URL: addresses.ingestionApi, API_KEY: 'development', ...process.env }
  } catch (error) {
    throw new CommandError((error as Error).message)
  }
}
