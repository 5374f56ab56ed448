import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.ts'

/** Refuses an HTTP/1.1 request without `Host` (RFC 9112, 3.2) with a problem. Node's own refusal (`requireHostHeader`) has no body. */
export function requireHost (app: FastifyInstance): void {
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    if (raw.headers.host !== undefined || raw.httpVersion !== '1.1') done()
    else done(new Problem('malformed-request', 'An HTTP/1.1 request must have a Host header', { headers: { connection: 'close' } }))
  })
}
