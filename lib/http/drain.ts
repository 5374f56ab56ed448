import type { FastifyInstance } from 'fastify'
import { setTimeout as pause } from 'node:timers/promises'

const ending = new WeakSet<object>()

/** Whether the process takes requests for a last time: readiness says no from then on. */
export const isEnding = (app: FastifyInstance): boolean => ending.has(app.server)

/**
 * Takes requests as before for `ms` milliseconds more, while readiness says no and each answer ends its link, so that whoever
 * sends them looks for another process. Where links are closed at once, a request that is on its way over one is lost.
 */
export async function drain (app: FastifyInstance, ms: number): Promise<void> {
  ending.add(app.server)
  await pause(ms)
}

/** The requests in hand at the end of the process are answered; a link kept alive after that would hold the end up. */
export function endLinksAtTheEnd (app: FastifyInstance): void {
  app.addHook('preClose', done => {
    ending.add(app.server)
    done()
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isEnding(app)) reply.header('connection', 'close')
    done()
  })
}
