import type { FastifyInstance } from 'fastify'
import { setTimeout as pause } from 'node:timers/promises'

const shutdowns = new WeakMap<object, AbortController>()

function shutdownOf ({ server }: FastifyInstance): AbortController {
  const shutdown = shutdowns.get(server) ?? new AbortController()
  shutdowns.set(server, shutdown)
  return shutdown
}

/** Returns the signal that aborts when the process begins to drain or to close. */
export const shutdownSignal = (app: FastifyInstance): AbortSignal => shutdownOf(app).signal

/** Returns true if the process is draining or closing. `/ready` then answers 503. */
export const isShuttingDown = (app: FastifyInstance): boolean => shutdownSignal(app).aborted

/**
 * Accepts requests for `ms` more milliseconds, while `/ready` answers 503 and each response closes its connection. Clients and load
 * balancers then choose another process. Closing connections at once would lose requests that are in flight on them.
 */
export async function drain (app: FastifyInstance, ms: number): Promise<void> {
  shutdownOf(app).abort()
  await pause(ms)
}

/** Closes each connection with its next response after shutdown has begun. A kept-alive connection would delay the exit. */
export function closeConnectionsOnShutdown (app: FastifyInstance): void {
  app.addHook('preClose', done => {
    shutdownOf(app).abort()
    done()
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isShuttingDown(app)) reply.header('connection', 'close')
    done()
  })
}
