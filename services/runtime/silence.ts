import type { Socket } from 'node:net'

/**
 * Cuts a link to the database over which nothing has come or gone for so long, in milliseconds; 0 is for ever. Its end is no error for the
 * client, which fails the query in hand by it; after an error it would take the next query for one that is sent already.
 */
export function cutWhenSilent (socket: Socket, ms: number): void {
  socket.setTimeout(ms).on('timeout', () => socket.destroy())
  // The database client takes every listener off before it wraps the socket in TLS: ours is put back then.
  const removeAll = socket.removeAllListeners.bind(socket)
  socket.removeAllListeners = (...args) => {
    removeAll(...args)
    // What wraps it ends on its `close`, and ends it too. The other way round the next query would meet a wrap without a
    // socket: an error when nobody listens any more, hence the end of the process.
    if (args.length === 0) socket.on('timeout', () => socket.emit('close'))
    return socket
  }
}

/** Cuts a link now, in the way that {@link cutWhenSilent} has prepared. */
export const cut = (socket: Socket): void => { socket.emit('timeout') }
