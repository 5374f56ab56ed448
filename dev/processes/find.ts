import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { State } from '../state/folder.ts'
import { identityOf, type ProcessIdentity } from './identity.ts'

export type Role = 'watchdog' | 'service' | 'emulator' | 'postgres'
export type FoundProcess = ProcessIdentity & { role: Role, command: string }

export const watchdogProgram = 'dev/processes/watchdog-main.ts'
export const emulatorProgram = 'dev/emulator/main.ts'

/**
 * The option that every Node process of this system has on its command line, which tells it from all others, whoever
 * started it and whatever was written down before a kill -9. PostgreSQL's have the cluster name, backends in their titles.
 */
const processTag = (state: State): string => `--diagnostic-dir=${join(state.folder, 'diagnostics')}`

/** The watchdog has a title of its own, so that a `killall -9 node` leaves somebody who ends PostgreSQL. */
export const watchdogTitle = (state: State): string => `${state.name}: watchdog`

/** A program of ours, run with this Node. */
export function nodeArguments (state: State, program: string, ...args: string[]): string[] {
  return [processTag(state), '--disable-warning=ExperimentalWarning', program, ...args]
}

/** Every living process of the system whose state is in `state`, this one excepted. */
export function findProcesses (state: State): FoundProcess[] {
  return commandLines().flatMap(({ pid, command }) => {
    const role = pid === process.pid ? undefined : roleOf(command, state)
    const identity = role && identityOf(pid)
    return identity ? [{ ...identity, role, command: command.join(' ').trim() }] : []
  })
}

function roleOf (command: string[], state: State): Role | undefined {
  if (command.includes(`cluster_name=${state.name}`) || command[0]?.startsWith(`postgres: ${state.name}: `)) return 'postgres'
  if (command[0]?.startsWith(watchdogTitle(state))) return 'watchdog'
  if (!command.includes(processTag(state))) return undefined
  if (command.includes(watchdogProgram)) return 'watchdog' // it has not taken its title yet
  return command.includes(emulatorProgram) ? 'emulator' : 'service'
}

type Command = { pid: number, command: string[] }

function commandLines (): Command[] {
  return process.platform === 'linux' ? commandsInProc() : commandsByPs()
}

/** Read from /proc, since slim images have no `ps`. */
function commandsInProc (): Command[] {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).flatMap(pid => {
    try {
      return [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') }]
    } catch {
      return [] // ended meanwhile
    }
  })
}

/** `ps` does not tell where an argument with a space in it ends: the whole line is also one of the entries, cut at our mark. */
function commandsByPs (): Command[] {
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).split('\n')
  return lines.flatMap(line => {
    const [, pid, command] = /^\s*(\d+) (.*)$/.exec(line) ?? []
    if (!pid || command === undefined) return []
    const tag = /--diagnostic-dir=.*?\/diagnostics(?= )/.exec(command)?.[0]
    return [{ pid: Number(pid), command: /^(postgres|freight-rates-\w+): /.test(command) ? [command] : [...command.split(' '), ...(tag ? [tag] : [])] }]
  })
}
