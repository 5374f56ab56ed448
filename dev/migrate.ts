import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from './failure.ts'
import { childEnvironment } from './processes/environment.ts'
import { nodeArguments } from './processes/find.ts'
import { openOutput, type Output } from './processes/output.ts'
import { runUntilExit, type Exit } from './processes/run-until-exit.ts'
import type { Server } from './postgres/start.ts'
import type { Run } from './run.ts'
import { clone } from './settings.ts'
import type { State } from './state/folder.ts'
import type { Login, Passwords } from './state/secrets.ts'

export type UrlOf = (login: Login) => string

const attempts = 20
const pauseMs = 500
/** Longest time without a line of the migrator, in ms. A conversion of all prices takes longer, and logs its progress. */
const silenceMs = 120_000

/**
 * Runs the migrator: roles, migrations, partitions and reference data. Prints its lines as they come. Repeats it if the migrator was killed, or if
 * PostgreSQL exited. Throws a Failure if it fails for another reason.
 */
export async function migrate (state: State, server: Server, urlOf: UrlOf, passwords: Passwords, run: Run): Promise<void> {
  const { postgres: _superuser, ...logins } = passwords
  const env = childEnvironment({
    DATABASE_URL: urlOf('migrator'), BOOTSTRAP_DATABASE_URL: urlOf('postgres'), LOGIN_PASSWORDS: JSON.stringify(logins), LOG_LEVEL: 'warn',
  })
  const startedAt = performance.now()
  const output = openOutput('migrate', run.reporter)
  output.forward()
  for (let attempt = 1; ; attempt++) {
    while (!server.isReady()) await sleep(100, undefined, { signal: run.signal })
    const exitsBefore = server.exitCount()
    const { code, signal } = await runOnce(state, env, output, run)
    run.signal.throwIfAborted()
    if (code === 0) break
    await sleep(pauseMs, undefined, { signal: run.signal }) // the exit of PostgreSQL may be noticed after the exit of the migrator
    const isServerLost = server.exitCount() !== exitsBefore || !server.isReady()
    if ((!signal && !isServerLost) || attempt === attempts) throw new Failure('The database could not be prepared.')
    run.reporter.step('migrate', `${signal ? `was killed by ${signal}` : 'lost PostgreSQL'}: restarting`)
  }
  run.reporter.step('migrate', `schema and reference data up to date (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)`)
}

async function runOnce (state: State, env: NodeJS.ProcessEnv, output: Output, run: Run): Promise<Exit> {
  const child = spawn(process.execPath, nodeArguments(state, 'services/migrate/main.ts'), { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const exit = await runUntilExit(child, output, { silenceMs, signal: run.signal })
  if (exit.wasSilent) throw new Failure(`The database was not prepared: the migrator wrote nothing for ${silenceMs / 1_000} seconds.`)
  return exit
}
