import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'

const lingerMs = 3_000

/**
 * An answer may go out before the body has come in: a refusal, say. It then has `Connection: close`, and the connection is closed in one
 * direction: what still comes is read and thrown away until the client has closed it too, for `lingerMs` at most. Closing both at once
 * would reset the connection before the client reads the answer.
 */
export function closeUnreadBodies (app: FastifyInstance): void {
  app.addHook('onSend', ({ raw }, reply, _payload, done) => {
    if (!isUnread(raw)) return done()
    // A short body came with its header, and is parsed when this turn of the event loop is over.
    setImmediate(() => {
      if (isUnread(raw)) {
        reply.header('connection', 'close')
        raw.socket.destroySoon = () => { raw.socket.end() }
      }
      done()
    })
  })
  app.addHook('onResponse', async ({ raw }: FastifyRequest) => {
    if (!isUnread(raw) || raw.destroyed) return
    const { socket } = raw
    raw.resume()
    const timer = setTimeout(() => socket.destroy(), lingerMs)
    raw.once('end', () => socket.destroy())
    socket.once('close', () => clearTimeout(timer))
  })
}

const isUnread = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0)
