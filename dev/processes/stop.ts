import { setTimeout as sleep } from 'node:timers/promises'
import type { State } from '../state/folder.ts'
import { findProcesses, type FoundProcess, type Role } from './find.ts'
import { isRunning } from './identity.ts'

/** Stop order: clients before servers. SIGINT is PostgreSQL's fast shutdown. */
const stopOrder: Array<{ role: Role, signal: NodeJS.Signals, limitMs: number }> = [
  { role: 'service', signal: 'SIGTERM', limitMs: 3_000 },
  { role: 'emulator', signal: 'SIGTERM', limitMs: 3_000 },
  { role: 'postgres', signal: 'SIGINT', limitMs: 10_000 },
]

/**
 * Stops every process of the system, in order and gracefully, then by force. For the case that the supervisor has exited.
 * The watchdog is killed first, because it would do the same at the same time. Resolves to the processes that were found.
 */
export async function stopProcesses (state: State): Promise<FoundProcess[]> {
  const found = findProcesses(state)
  if (found.length === 0) return found
  await kill(found.filter(({ role }) => role === 'watchdog'))
  for (const { role, signal, limitMs } of stopOrder) {
    const processes = found.filter(target => target.role === role)
    for (const target of processes) if (!isBackend(target)) send(target, signal)
    // A backend without its postmaster ignores a fast shutdown.
    if (processes.some(target => !isBackend(target))) await waitForExit(processes, limitMs)
  }
  await killProcesses(state)
  return found
}

/** Kills every process of the system, or those of the given roles. */
export async function killProcesses (state: State, ...roles: Role[]): Promise<void> {
  for (let round = 0; round < 5; round++) { // a process may start another while it is killed, which the next round finds
    const found = findProcesses(state).filter(({ role }) => roles.length === 0 || roles.includes(role))
    if (found.length === 0) return
    await kill(found)
  }
}

async function kill (processes: FoundProcess[]): Promise<void> {
  for (const target of processes) send(target, 'SIGKILL')
  await waitForExit(processes, 5_000)
}

const isBackend = ({ command }: FoundProcess): boolean => command.startsWith('postgres: ')

function send (target: FoundProcess, signal: NodeJS.Signals): void {
  try {
    if (isRunning(target)) process.kill(target.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function waitForExit (processes: FoundProcess[], limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs
  while (processes.some(isRunning) && performance.now() < deadline) await sleep(20)
}
