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
  /** A connection on which the server owes an answer and nothing has passed for so long, in milliseconds, is cut; 0 is never. */
  silenceMs: number
}

const connectMs = 5_000
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

/**
 * A link to PostgreSQL for the database client, TLS included. The client does not survive the `error` of a link: what it is
 * given between that and the `close` it takes for sent, and when the link is made anew it answers it with an empty result, or
 * each query from then on with the result of the one before. So once the server has spoken a link only ever closes.
 */
export function openConnection ({ host, port, ssl, silenceMs }: OpenConnectionOptions): Socket | Promise<Socket> {
  // The client leaves Nagle's algorithm on: a small write behind another then waits 40 ms for the server's delayed
  // acknowledgement, twice in every COPY.
  const socket = connect({ host, port, noDelay: true })
  if (ssl === false) return monitorConnection(socket, silenceMs)
  return upgradeToTls(socket, host, ssl).then(connection => monitorConnection(connection, silenceMs), createFailedConnection)
}

function monitorConnection (link: Socket, silenceMs: number): Socket {
  const emit = link.emit.bind(link) as (event: string | symbol, ...args: unknown[]) => boolean
  const write = link.write.bind(link) as (chunk: Uint8Array, ...args: unknown[]) => boolean
  const tracker = new ResponseTracker()
  let hasReceivedData = false
  link.write = (chunk: Uint8Array | string, ...args: unknown[]): boolean => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    tracker.sent(bytes)
    return write(bytes, ...args)
  }
  link.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    hasReceivedData ||= event === 'data'
    if (event === 'data') tracker.received(args[0] as Buffer)
    if (hasReceivedData && event === 'error') return true
    return hasReceivedData && event === 'close' ? emit('close', false) : emit(event, ...args)
  }
  // The timer begins anew with every byte that passes. A server that takes no more bytes is awaited as well.
  return link.setTimeout(silenceMs).on('timeout', () => { if (tracker.isAwaitingServer || link.writableLength > 0) link.destroy() })
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
    const link = connectTls({ socket, ...(isIP(host) ? {} : { servername: host }), ...tlsOptions })
    await Promise.race([once(link, 'secureConnect'), closed])
    return link
  } catch (error) {
    socket.on('error', () => {}).destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** A link that fails: the client never gets over one that could not be made, unless it sees it fail. */
export function createFailedConnection (error: Error): Socket {
  const socket = new Socket()
  socket.write = () => true
  nextIteration().then(() => nextIteration()).then(() => socket.destroy(error))
  return socket
}
