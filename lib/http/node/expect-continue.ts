import type { FastifyInstance } from 'fastify'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

const waiting = new WeakMap<IncomingMessage, ServerResponse>()

/**
 * Answers `Expect: 100-continue` (RFC 9110, 10.1.1) when a route wants the body, not when the header arrives. A request that is
 * refused by its header gets the refusal instead of 100, and the client never sends the body.
 */
export function deferContinue (app: FastifyInstance): void {
  (app.server as Server).on('checkContinue', (request, response) => {
    waiting.set(request, response)
    app.server.emit('request', request, response)
  })
}

/** Sends 100 to a client that waits for it. Must be called before the body is read. */
export function sendContinue (request: IncomingMessage): void {
  waiting.get(request)?.writeContinue()
  waiting.delete(request)
}
