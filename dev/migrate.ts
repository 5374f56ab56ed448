import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from './failure.ts'
import { childEnvironment } from './processes/environment.ts'
import { nodeArguments } from './processes/find.ts'
import { openOutput, type Output } from './processes/output.ts'
import type { Server } from './postgres/start.ts'
import type { Run } from './run.ts'
import { clone } from './settings.ts'
import type { State } from './state/folder.ts'
import type { Login, Passwords } from './state/secrets.ts'

export type UrlOf = (login: Login) => string

const attempts = 20
const pauseMs = 500
const limitMs = 120_000

/**
 * Runs the migrator: roles, migrations, partitions and reference data. Repeats it if the migrator was killed, or if PostgreSQL exited.
 * Throws a Failure with its last output if it fails for another reason.
 */
export async function migrate (state: State, server: Server, urlOf: UrlOf, passwords: Passwords, run: Run): Promise<void> {
  const { postgres: _superuser, ...logins } = passwords
  const env = childEnvironment({
    DATABASE_URL: urlOf('migrator'), BOOTSTRAP_DATABASE_URL: urlOf('postgres'), LOGIN_PASSWORDS: JSON.stringify(logins), LOG_LEVEL: 'warn',
    LEDGER_SWITCH: 'at-once',
  })
  const startedAt = performance.now()
  for (let attempt = 1; ; attempt++) {
    while (!server.isReady()) await sleep(100, undefined, { signal: run.signal })
    const output = openOutput('migrate', run.reporter)
    const exitsBefore = server.exitCount()
    const { code, signal } = await runOnce(state, env, output, run)
    run.signal.throwIfAborted()
    if (code === 0) {
      output.forward()
      break
    }
    await sleep(pauseMs, undefined, { signal: run.signal }) // the exit of PostgreSQL may be noticed after the exit of the migrator
    const isServerLost = server.exitCount() !== exitsBefore || !server.isReady()
    if ((!signal && !isServerLost) || attempt === attempts) throw new Failure('The database could not be prepared.', output.tail())
    run.reporter.step('migrate', `${signal ? `was killed by ${signal}` : 'lost PostgreSQL'}: restarting`)
  }
  run.reporter.step('migrate', `schema and reference data up to date (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)`)
}

type Exit = { code: number | null, signal: NodeJS.Signals | null }

async function runOnce (state: State, env: NodeJS.ProcessEnv, output: Output, run: Run): Promise<Exit> {
  const child = output.read(spawn(process.execPath, nodeArguments(state, 'services/migrate/main.ts'), {
    cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
  }))
  const kill = (): boolean => child.kill('SIGKILL')
  const limit = AbortSignal.timeout(limitMs)
  limit.addEventListener('abort', kill)
  run.signal.addEventListener('abort', kill)
  const [code, signal] = await once(child, 'close') as [Exit['code'], Exit['signal']]
  run.signal.removeEventListener('abort', kill)
  limit.removeEventListener('abort', kill)
  if (limit.aborted) throw new Failure(`The database was not prepared within ${limitMs / 1_000} seconds.`, output.tail())
  return { code, signal }
}
