import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError } from './command.ts'

/** The variables of the system to work on: this process's own, or those of the system that `npm start` runs here. */
export async function systemEnvironment (): Promise<NodeJS.ProcessEnv> {
  if (process.env.DATABASE_URL) return process.env
  const local = join(import.meta.dirname, '../../dev/running-system.ts')
  // The image that runs on servers has no dev/ folder: there the environment names the system.
  if (!existsSync(local)) throw new CommandError('DATABASE_URL is not set: it names the database to work on', 2)
  const { runningSystem } = await import(local) as typeof import('../../dev/running-system.ts')
  try {
    return { ...process.env, ...runningSystem().environment }
  } catch (error) {
    throw new CommandError((error as Error).message)
  }
}
