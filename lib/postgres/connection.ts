import { once } from 'node:events'
import { connect, isIP, Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Tls } from './database-tls.ts'
import { Turn } from './response-tracker.ts'

export type LinkOptions = {
  host: string
  port: number
  ssl: Tls
  /** A connection on which the server owes an answer and nothing has passed for so long, in milliseconds, is cut; 0 is never. */
  silenceMs: number
}

const connectMs = 5_000
const askForTls = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

/**
 * A link to PostgreSQL for the database client, TLS included. The client does not survive the `error` of a link: what it is
 * given between that and the `close` it takes for sent, and when the link is made anew it answers it with an empty result, or
 * each query from then on with the result of the one before. So once the server has spoken a link only ever closes.
 */
export function openLink ({ host, port, ssl, silenceMs }: LinkOptions): Socket | Promise<Socket> {
  // The client leaves Nagle's algorithm on: a small write behind another then waits 40 ms for the server's delayed
  // acknowledgement, twice in every COPY.
  const socket = connect({ host, port, noDelay: true })
  return ssl === false ? lasting(socket, silenceMs) : secured(socket, host, ssl).then(link => lasting(link, silenceMs), deadLink)
}

function lasting (link: Socket, silenceMs: number): Socket {
  const emit = link.emit.bind(link) as (event: string | symbol, ...args: unknown[]) => boolean
  const write = link.write.bind(link) as (chunk: Uint8Array, ...args: unknown[]) => boolean
  const turn = new Turn()
  let spoken = false
  link.write = (chunk: Uint8Array | string, ...args: unknown[]): boolean => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    turn.sent(bytes)
    return write(bytes, ...args)
  }
  link.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    spoken ||= event === 'data'
    if (event === 'data') turn.received(args[0] as Buffer)
    if (spoken && event === 'error') return true
    return spoken && event === 'close' ? emit('close', false) : emit(event, ...args)
  }
  // The timer begins anew with every byte that passes. A server that takes no more bytes is awaited as well.
  return link.setTimeout(silenceMs).on('timeout', () => { if (turn.isServers || link.writableLength > 0) link.destroy() })
}

async function secured (socket: Socket, host: string, ssl: Exclude<Tls, false>): Promise<Socket> {
  const gone = once(socket, 'close').then(() => { throw Object.assign(new Error(`the link to ${host} was closed at its beginning`), { code: 'ECONNRESET' }) })
  gone.catch(() => {})
  const limit = setTimeout(() => socket.destroy(), connectMs)
  try {
    await Promise.race([once(socket, 'connect'), gone])
    socket.write(askForTls)
    const [answer] = await Promise.race([once(socket, 'data'), gone]) as [Buffer]
    const willing = String.fromCharCode(answer[0]!) === 'S'
    if (!willing && ssl === 'prefer') return socket
    if (!willing) throw Object.assign(new Error(`${host} speaks no TLS`), { code: 'EPROTO' })
    const verified: ConnectionOptions = typeof ssl === 'object' ? ssl : { rejectUnauthorized: false }
    const link = connectTls({ socket, ...(isIP(host) ? {} : { servername: host }), ...verified })
    await Promise.race([once(link, 'secureConnect'), gone])
    return link
  } catch (error) {
    socket.on('error', () => {}).destroy()
    throw error
  } finally {
    clearTimeout(limit)
  }
}

/** A link that fails: the client never gets over one that could not be made, unless it sees it fail. */
export function deadLink (error: Error): Socket {
  const dead = new Socket()
  dead.write = () => true
  nextTurn().then(() => nextTurn()).then(() => dead.destroy(error))
  return dead
}
