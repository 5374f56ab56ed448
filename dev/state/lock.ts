import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { identityOf, isRunning } from '../processes/identity.ts'
import type { State } from './folder.ts'

export const lockName = /^lock-(\d+)-(.+)$/

/**
 * Locks the state folder for this process, until the returned function is called or the process exits. Every process first writes
 * its own lock file, by process id and start time, and then looks for others. Of two concurrent processes at least one sees the other, so
 * two never run. The lock of an exited process is ignored. Throws a Failure if another process has the lock.
 */
export function takeLock (state: State): () => void {
  const { pid, startedAt } = identityOf(process.pid)!
  const own = `lock-${pid}-${startedAt}`
  const release = (): void => rmSync(join(state.folder, own), { force: true })
  writeFileSync(join(state.folder, own), '', { mode: 0o600 })
  for (const name of readdirSync(state.folder)) {
    const [, otherPid, otherStart] = lockName.exec(name) ?? []
    if (!otherPid || !otherStart || name === own) continue
    if (isRunning({ pid: Number(otherPid), startedAt: otherStart })) {
      release()
      throw new Failure(`Another \`npm start\` with the state in ${state.folder} is running (process ${otherPid}): stop it, or give this one a folder of its own with STATE_DIR.`)
    }
    rmSync(join(state.folder, name), { force: true })
  }
  return release
}
