import { locateState } from '../state/folder.ts'
import { stopProcesses } from './stop.ts'
import { watchdogTitle } from './find.ts'

/** Started by watchdog.ts with the state folder. Standard input closes when the supervisor exits. */
const state = locateState(process.argv[2]!)
process.title = watchdogTitle(state)
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {}) // it exits with the supervisor, or by kill -9
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
process.stdin.on('close', () => stopProcesses(state).finally(() => process.exit())).on('error', () => {}).resume()
