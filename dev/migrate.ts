import { spawn } from 'node:child_process'
import { Failure } from './failure.ts'
import { childEnvironment } from './processes/environment.ts'
import { nodeArguments } from './processes/find.ts'
import { openOutput } from './processes/output.ts'
import type { Run } from './run.ts'
import { clone } from './settings.ts'
import type { State } from './state/folder.ts'
import type { Passwords } from './state/secrets.ts'

const attempts = 3

/** Runs the migrator: roles, migrations, partitions and reference data. What ends it half-way leaves what was committed. */
export async function migrate (state: State, urlOf: (login: keyof Passwords) => string, passwords: Passwords, run: Run): Promise<void> {
  const { postgres: _superuser, ...logins } = passwords
  const env = childEnvironment({
    DATABASE_URL: urlOf('migrator'), BOOTSTRAP_DATABASE_URL: urlOf('postgres'), LOGIN_PASSWORDS: JSON.stringify(logins), LOG_LEVEL: 'warn',
  })
  const startedAt = performance.now()
  for (let attempt = 1; ; attempt++) {
    const output = openOutput('migrate', run.story)
    const child = output.read(spawn(process.execPath, nodeArguments(state, 'services/migrate/main.ts'), { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true }))
    const kill = (): boolean => child.kill('SIGKILL')
    run.signal.addEventListener('abort', kill)
    const { code, signal } = await new Promise<{ code: number | null, signal: NodeJS.Signals | null }>((resolve, reject) => {
      child.once('error', reject).once('close', (code, signal) => resolve({ code, signal }))
    })
    run.signal.removeEventListener('abort', kill)
    run.signal.throwIfAborted()
    if (code === 0) {
      output.speak()
      break
    }
    // A failure may be PostgreSQL's, which was killed and is back in a moment.
    if (attempt === attempts) throw new Failure('The database could not be prepared.', output.tail())
    run.story.step('migrate', `${signal ? `was ended by ${signal}` : 'failed'}: it is started again`)
  }
  run.story.step('migrate', `schema and reference data up to date (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)`)
}
