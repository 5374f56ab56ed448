import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Failure } from './failure.ts'

export type Settings = {
  ratesApiPort: number
  ingestionApiPort: number
  /** Absolute path. If PostgreSQL's user cannot enter this folder, the state is in another one (state/folder.ts). */
  stateDir: string
  sampleData: boolean
  logLevel: string
}

export const clone = join(import.meta.dirname, '..')
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** Reads the settings of `npm start`. An empty variable counts as not set. Throws a Failure that names every invalid variable. */
export function readSettings (env: NodeJS.ProcessEnv): Settings {
  const problems: string[] = []
  const settings = {
    ratesApiPort: port('RATES_API_PORT', 3000),
    ingestionApiPort: port('INGESTION_API_PORT', 3001),
    stateDir: stateDir(env),
    sampleData: oneOf('SAMPLE_DATA', ['on', 'off'], 'on') === 'on',
    logLevel: oneOf('LOG_LEVEL', logLevels, 'warn'),
  }
  if (settings.ratesApiPort === settings.ingestionApiPort) problems.push(`RATES_API_PORT and INGESTION_API_PORT must differ, and both are ${settings.ratesApiPort}`)
  if (existsSync(settings.stateDir) && !statSync(settings.stateDir).isDirectory()) problems.push(`STATE_DIR must be a folder, and ${settings.stateDir} is not one`)
  if (problems.length > 0) throw new Failure(`${problems.join('; ')}.`)
  return settings

  function port (name: string, fallback: number): number {
    const given = env[name] || String(fallback)
    const number = /^\d{1,5}$/.test(given) ? Number(given) : 0
    if (number < 1 || number > 65_535) problems.push(`${name} must be a port from 1 to 65535, not "${given}"`)
    return number || fallback
  }

  function oneOf (name: string, values: string[], fallback: string): string {
    const given = env[name] || fallback
    if (!values.includes(given)) problems.push(`${name} must be ${values.join(' or ')}, not "${given}"`)
    return given
  }
}

/** Returns the state folder. A relative STATE_DIR is relative to the clone, whatever the current folder is. */
export const stateDir = (env: NodeJS.ProcessEnv): string => resolve(clone, env.STATE_DIR || '.state')
