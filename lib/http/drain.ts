import type { FastifyInstance } from 'fastify'
import { setTimeout as pause } from 'node:timers/promises'

const shuttingDown = new WeakSet<object>()

/** Whether the process takes requests for a last time: readiness says no from then on. */
export const isShuttingDown = (app: FastifyInstance): boolean => shuttingDown.has(app.server)

/**
 * Takes requests as before for `ms` milliseconds more, while readiness says no and each answer ends its link, so that whoever
 * sends them looks for another process. Where links are closed at once, a request that is on its way over one is lost.
 */
export async function drain (app: FastifyInstance, ms: number): Promise<void> {
  shuttingDown.add(app.server)
  await pause(ms)
}

/** The requests in hand at the end of the process are answered; a link kept alive after that would hold the end up. */
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
