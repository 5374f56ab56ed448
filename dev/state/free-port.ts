import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Resolves with a random free port from `min` to below `max`. Choose a range below those of outgoing connections (Linux 32768 on, macOS 49152
 * on). The kernel soon gives a probed port from those ranges to an outgoing connection. The process that needs the port then fails with EADDRINUSE.
 */
export async function freePort ({ min, max }: { min: number, max: number }): Promise<number> {
  for (;;) {
    const port = randomInt(min, max)
    if (!await listenError(port)) return port
  }
}

/** Resolves with undefined if the port is free on every address, or with the error code, such as EADDRINUSE. */
export async function listenError (port: number): Promise<string | undefined> {
  return await tryListening(port, '127.0.0.1') ?? await tryListening(port, undefined)
}

function tryListening (port: number, host: string | undefined): Promise<string | undefined> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(undefined)))
  })
}
