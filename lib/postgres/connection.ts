import { once } from 'node:events'
import { connect, isIP, Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { setImmediate as nextIteration } from 'node:timers/promises'
import type { Tls } from './database-tls.ts'
import { ResponseTracker } from './response-tracker.ts'

export type OpenConnectionOptions = {
  host: string
  port: number
  ssl: Tls
  /** Silence in ms after which a connection is closed, if the server owes a response and no byte has passed. 0 disables the limit. */
  silenceMs: number
}

const connectMs = 5_000
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

/**
 * Opens a connection to PostgreSQL for postgres.js, with TLS if configured.
 *
 * postgres.js does not survive an `error` event on a connection. It considers a query as sent if the query arrives between `error`
 * and `close`. After the reconnect it resolves that query with an empty result, or each later query with the result of the query before.
 * So after the first byte from the server, this connection emits only `close`, never `error`.
 */
export function openConnection ({ host, port, ssl, silenceMs }: OpenConnectionOptions): Socket | Promise<Socket> {
  // postgres.js leaves Nagle's algorithm on. A small write behind another one then waits 40 ms for the server's delayed
  // acknowledgement, twice in every COPY.
  const socket = connect({ host, port, noDelay: true })
  if (ssl === false) return monitorConnection(socket, silenceMs)
  return upgradeToTls(socket, host, ssl).then(connection => monitorConnection(connection, silenceMs), createFailedConnection)
}

function monitorConnection (connection: Socket, silenceMs: number): Socket {
  const emit = connection.emit.bind(connection) as (event: string | symbol, ...args: unknown[]) => boolean
  const write = connection.write.bind(connection) as (chunk: Uint8Array, ...args: unknown[]) => boolean
  const tracker = new ResponseTracker()
  let hasReceivedData = false
  connection.write = (chunk: Uint8Array | string, ...args: unknown[]): boolean => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    tracker.sent(bytes)
    return write(bytes, ...args)
  }
  connection.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    hasReceivedData ||= event === 'data'
    if (event === 'data') tracker.received(args[0] as Buffer)
    if (hasReceivedData && event === 'error') return true
    return hasReceivedData && event === 'close' ? emit('close', false) : emit(event, ...args)
  }
  // Every byte that passes restarts the timer. The limit also applies while the server does not accept more bytes.
  return connection.setTimeout(silenceMs)
    .on('timeout', () => { if (tracker.isAwaitingServer || connection.writableLength > 0) connection.destroy() })
}

async function upgradeToTls (socket: Socket, host: string, ssl: Exclude<Tls, false>): Promise<Socket> {
  const closed = once(socket, 'close').then(() => { throw Object.assign(new Error(`the connection to ${host} was closed before it was established`), { code: 'ECONNRESET' }) })
  closed.catch(() => {})
  const timer = setTimeout(() => socket.destroy(), connectMs)
  try {
    await Promise.race([once(socket, 'connect'), closed])
    socket.write(sslRequest)
    const [reply] = await Promise.race([once(socket, 'data'), closed]) as [Buffer]
    const acceptsTls = String.fromCharCode(reply[0]!) === 'S'
    if (!acceptsTls && ssl === 'prefer') return socket
    if (!acceptsTls) throw Object.assign(new Error(`${host} does not support TLS`), { code: 'EPROTO' })
    const tlsOptions: ConnectionOptions = typeof ssl === 'object' ? ssl : { rejectUnauthorized: false }
    const connection = connectTls({ socket, ...(isIP(host) ? {} : { servername: host }), ...tlsOptions })
    await Promise.race([once(connection, 'secureConnect'), closed])
    return connection
  } catch (error) {
    socket.on('error', () => {}).destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Creates a connection that fails after two event loop iterations. postgres.js handles a failed attempt only as the `error` of a socket. */
export function createFailedConnection (error: Error): Socket {
  const socket = new Socket()
  socket.write = () => true
  nextIteration().then(() => nextIteration()).then(() => socket.destroy(error))
  return socket
}
