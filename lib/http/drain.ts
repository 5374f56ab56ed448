import type { FastifyInstance } from 'fastify'
import { setTimeout as pause } from 'node:timers/promises'

const shuttingDown = new WeakSet<object>()

/** Returns true if the process is draining or closing. `/ready` then answers 503. */
export const isShuttingDown = (app: FastifyInstance): boolean => shuttingDown.has(app.server)

/**
 * Accepts requests for `ms` more milliseconds, while `/ready` answers 503 and each response closes its connection. Clients and load
 * balancers then choose another process. Closing connections at once would lose requests that are in flight on them.
 */
export async function drain (app: FastifyInstance, ms: number): Promise<void> {
  shuttingDown.add(app.server)
  await pause(ms)
}

/** Closes each connection with its next response after shutdown has begun. A kept-alive connection would delay the exit. */
export function closeConnectionsOnShutdown (app: FastifyInstance): void {
  app.addHook('preClose', done => {
    shuttingDown.add(app.server)
    done()
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isShuttingDown(app)) reply.header('connection', 'close')
    done()
  })
}
