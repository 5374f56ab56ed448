import { join } from 'node:path'
import { Failure } from '../failure.ts'
import type { Settings } from '../settings.ts'
import type { State } from './folder.ts'
import { freePort, listenError } from './free-port.ts'
import { readPrivateJson, writePrivateJson } from './private-file.ts'

const names = ['postgres', 'emulator', 'worker', 'ratesApiMetrics', 'ingestionApiMetrics', 'workerMetrics'] as const
/** Below the range of outgoing connections, so that no connection takes a port while its server restarts. */
const range = { min: 20_000, max: 30_000 }
export type InternalPorts = Record<typeof names[number], number>

/** Throws a Failure that names every port of the two APIs that is in use, and the variable that sets another port. */
export async function checkApiPorts ({ ratesApiPort, ingestionApiPort }: Settings): Promise<void> {
  const problems: string[] = []
  for (const [name, port] of [['RATES_API_PORT', ratesApiPort], ['INGESTION_API_PORT', ingestionApiPort]] as const) {
    const problem = await listenError(port)
    if (problem === 'EACCES') problems.push(`port ${port} is for privileged users, choose one above 1023 with ${name}`)
    else if (problem) problems.push(`port ${port} is in use, stop what listens there or choose another with ${name}, such as ${name}=${port + 100}`)
  }
  if (problems.length > 0) throw new Failure(`${problems.join('; ')}.`.replace(/^p/, 'P'))
}

/** Returns the internal ports of this system: the previous ones if they are still free. */
export async function choosePorts (state: State, settings: Settings): Promise<InternalPorts> {
  const path = join(state.folder, 'ports.json')
  const known = readPrivateJson<Partial<InternalPorts>>(path) ?? {}
  const taken = new Set([settings.ratesApiPort, settings.ingestionApiPort])
  const choose = async (port: number | undefined): Promise<number> => {
    if (!port || taken.has(port) || await listenError(port)) {
      do port = await freePort(range); while (taken.has(port))
    }
    taken.add(port)
    return port
  }
  const ports = {} as InternalPorts
  for (const name of names) ports[name] = await choose(known[name])
  writePrivateJson(path, ports)
  return ports
}
