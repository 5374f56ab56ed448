import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'

const lingerMs = 3_000

/**
 * Handles responses that are sent before the body has arrived, such as refusals. The response has `Connection: close`, and only
 * the server's direction of the connection is closed. Arriving bytes are discarded until the client closes the connection too, for
 * at most `lingerMs`. Closing both directions at once would reset the connection before the client reads the response.
 */
export function closeUnreadBodies (app: FastifyInstance): void {
  app.addHook('onSend', ({ raw }, reply, _payload, done) => {
    if (!isUnread(raw)) return done()
    // A short body arrives with its header, and is parsed at the end of this event loop iteration.
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
