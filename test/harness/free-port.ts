import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Resolves with a free port. It is random and below the ranges of outgoing connections (Linux 32768 on, macOS 49152 on). The kernel soon gives a
 * probed port from those ranges to an outgoing connection. The process that needs the port then fails with EADDRINUSE. dev/state/ports.ts takes
 * 20,000 to 30,000.
 */
export async function freePort (): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 20_000)
    if (await isFree(port)) return port
  }
}

function isFree (port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer().once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}
