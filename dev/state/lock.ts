import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { identityOf, isRunning } from '../processes/identity.ts'
import type { State } from './folder.ts'

export const lockName = /^lock-(\d+)-(.+)$/

/**
 * Takes the state folder for this process, until it calls what this returns or ends. Everybody writes down themselves,
 * by number and start time, before looking for others: of two at the same moment at least one sees the other, so two never
 * run; a name whose process has ended counts for nothing. Throws a Failure when another runs.
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
