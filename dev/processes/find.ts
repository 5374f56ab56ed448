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
 * Returns the option that every Node process of this system has on its command line. It identifies the processes after a kill -9,
 * whoever started them. PostgreSQL's processes have the cluster name instead, backends in their titles.
 */
const processTag = (state: State): string => `--diagnostic-dir=${join(state.folder, 'diagnostics')}`

/** Title of the watchdog. With a title of its own, the watchdog survives a `killall -9 node` and stops PostgreSQL. */
export const watchdogTitle = (state: State): string => `${state.name}: watchdog`

/** Returns the arguments of Node that run one of the system's programs. */
export function nodeArguments (state: State, program: string, ...args: string[]): string[] {
  return [processTag(state), '--disable-warning=ExperimentalWarning', program, ...args]
}

/** Returns every running process of the system with this state, without the current process. */
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
  if (command.includes(watchdogProgram)) return 'watchdog' // before it sets its title
  return command.includes(emulatorProgram) ? 'emulator' : 'service'
}

type Command = { pid: number, command: string[] }

function commandLines (): Command[] {
  return process.platform === 'linux' ? commandsInProc() : commandsByPs()
}

/** Reads /proc, since slim images have no `ps`. */
function commandsInProc (): Command[] {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).flatMap(pid => {
    try {
      return [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') }]
    } catch {
      return [] // exited meanwhile
    }
  })
}

/** Reads `ps`, which does not show where an argument with a space ends. The tag is therefore cut out as an entry of its own. */
function commandsByPs (): Command[] {
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).split('\n')
  return lines.flatMap(line => {
    const [, pid, command] = /^\s*(\d+) (.*)$/.exec(line) ?? []
    if (!pid || command === undefined) return []
    const tag = /--diagnostic-dir=.*?\/diagnostics(?= )/.exec(command)?.[0]
    return [{ pid: Number(pid), command: /^(postgres|freight-rates-\w+): /.test(command) ? [command] : [...command.split(' '), ...(tag ? [tag] : [])] }]
  })
}
