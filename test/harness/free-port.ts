import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * A port that is free now. It is below the ranges from which systems take the ports of outgoing connections (Linux 32768 on,
 * macOS 49152 on), and drawn at random: a port that the kernel gave to a probe is soon given to somebody else's connection, and
 * the process that was to have it then fails with EADDRINUSE. dev/state/ports.ts takes 20,000 to 30,000.
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
