import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process and its start time. The process id alone may now belong to another process. */
export type ProcessIdentity = { pid: number, startedAt: string }

/** Returns undefined if no such process runs. A zombie counts as exited. */
export function identityOf (pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === 'linux' ? startInProc(pid) : startByPs(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

export function isRunning ({ pid, startedAt }: ProcessIdentity): boolean {
  return identityOf(pid)?.startedAt === startedAt
}

/** Returns the start in clock ticks since boot, with the id of that boot. */
function startInProc (pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name before it may contain spaces and brackets
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${bootId()}-${fields[19]}`
  } catch {
    return undefined
  }
}

let boot: string | undefined
function bootId (): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)
  return boot
}

function startByPs (pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8', env: { PATH: process.env.PATH, LC_ALL: 'C' }, stdio: 'pipe' })
    const [, state, start = ''] = /^\s*(\S+)\s+(.*\S)/.exec(line) ?? []
    return !state || state.startsWith('Z') ? undefined : String(Date.parse(start))
  } catch {
    return undefined
  }
}
