import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import type { Settings } from '../settings.ts'
import type { State } from './folder.ts'
import { readPrivateJson, writePrivateJson } from './private-file.ts'

const names = ['postgres', 'emulator', 'worker', 'ratesApiMetrics', 'ingestionApiMetrics', 'workerMetrics'] as const
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
    while (!port || taken.has(port) || await listenError(port)) port = randomPort()
    taken.add(port)
    return port
  }
  const ports = {} as InternalPorts
  for (const name of names) ports[name] = await choose(known[name])
  writePrivateJson(path, ports)
  return ports
}

/** Returns a port below the range of outgoing connections, so that no connection takes the port while its server restarts. */
const randomPort = (): number => randomInt(20_000, 30_000)

/** Returns undefined if the port is free on every address; otherwise the reason, such as EADDRINUSE. */
async function listenError (port: number): Promise<string | undefined> {
  return await tryListening(port, '127.0.0.1') ?? await tryListening(port, undefined)
}

function tryListening (port: number, host: string | undefined): Promise<string | undefined> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(undefined)))
  })
}
