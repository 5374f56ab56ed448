import { setTimeout as sleep } from 'node:timers/promises'
import type { State } from '../state/folder.ts'
import { findProcesses, type FoundProcess, type Role } from './find.ts'
import { isRunning } from './identity.ts'

/** In the order of stopping: who asks before who answers. PostgreSQL's SIGINT is its fast shutdown. */
const stopOrder: Array<{ role: Role, signal: NodeJS.Signals, limitMs: number }> = [
  { role: 'service', signal: 'SIGTERM', limitMs: 3_000 },
  { role: 'emulator', signal: 'SIGTERM', limitMs: 3_000 },
  { role: 'postgres', signal: 'SIGINT', limitMs: 10_000 },
]

/**
 * Ends every process of the system, gently and in order, and by force what is left: for when the supervisor is gone.
 * A watchdog goes first, or it would do the same at the same time. Answers with what was found.
 */
export async function stopProcesses (state: State): Promise<FoundProcess[]> {
  const found = findProcesses(state)
  if (found.length === 0) return found
  await kill(found.filter(({ role }) => role === 'watchdog'))
  for (const { role, signal, limitMs } of stopOrder) {
    const processes = found.filter(one => one.role === role)
    for (const one of processes) if (!isBackend(one)) send(one, signal)
    // A backend whose postmaster is gone takes no fast shutdown.
    if (processes.some(one => !isBackend(one))) await waitForExit(processes, limitMs)
  }
  await killProcesses(state)
  return found
}

/** Ends every process of the system, or those of one role, at once. */
export async function killProcesses (state: State, ...roles: Role[]): Promise<void> {
  for (let round = 0; round < 5; round++) { // one that was just starting another leaves that one for the next round
    const found = findProcesses(state).filter(({ role }) => roles.length === 0 || roles.includes(role))
    if (found.length === 0) return
    await kill(found)
  }
}

async function kill (processes: FoundProcess[]): Promise<void> {
  for (const one of processes) send(one, 'SIGKILL')
  await waitForExit(processes, 5_000)
}

const isBackend = ({ command }: FoundProcess): boolean => command.startsWith('postgres: ')

function send (one: FoundProcess, signal: NodeJS.Signals): void {
  try {
    if (isRunning(one)) process.kill(one.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function waitForExit (processes: FoundProcess[], limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs
  while (processes.some(isRunning) && performance.now() < deadline) await sleep(20)
}
