import { connect } from 'node:net'
import type { Test } from 'tap'

export type RawResponse = { status: number, headers: Record<string, string>, body: any }

export type RawRequest = {
  /** Resolves when the system has taken the data, or when the connection is closed. */
  send: (data: string | Buffer) => Promise<void>
  /** Sends the data repeatedly until the connection is cut. */
  flood: (data: Buffer) => Promise<void>
  /** Resolves with the next response on this connection, 1xx included. */
  nextResponse: () => Promise<RawResponse>
  /** Resolves when the server has ended or cut the connection. */
  closed: Promise<void>
  destroy: () => void
}

/** Sends a handwritten request: for what an HTTP client would not send, or would hide. */
export function rawRequest (t: Test, url: string): RawRequest {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.setNoDelay()
  socket.on('error', () => {}) // `closed` reports the error
  t.teardown(() => socket.destroy())
  let received = Buffer.alloc(0)
  const arrived = new Set<() => void>()
  socket.on('data', chunk => {
    received = Buffer.concat([received, chunk])
    for (const look of arrived) look()
  })
  const closed = new Promise<void>(resolve => {
    socket.once('end', resolve)
    socket.once('close', () => resolve())
  })
  async function send (data: string | Buffer): Promise<void> {
    if (socket.destroyed || socket.write(data)) return
    await new Promise<void>(resolve => {
      const go = (): void => {
        socket.off('drain', go).off('close', go)
        resolve()
      }
      socket.once('drain', go).once('close', go)
    })
  }
  return {
    send,
    async flood (data) {
      while (!socket.destroyed && !socket.readableEnded) await send(data)
    },
    nextResponse: () => new Promise((resolve, reject) => {
      const look = (): void => {
        const parsed = parse(received)
        if (!parsed) return
        arrived.delete(look)
        received = received.subarray(parsed.length)
        resolve(parsed.response)
      }
      arrived.add(look)
      closed.then(() => reject(new Error('the connection was closed without a response')))
      look()
    }),
    closed,
    destroy: () => socket.destroy(),
  }
}

/** Returns the head of a `POST /batches` of provider demo, ready for its body. The value null omits a header. */
export function head (headers: Record<string, string | number | null>, path = '/batches'): string {
  const lines = Object.entries({ host: 'test', authorization: 'Bearer demo-key', 'content-type': 'text/csv', ...headers })
  return `POST ${path} HTTP/1.1\r\n${lines.filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

export const chunk = (data: string | Buffer): Buffer => {
  const bytes = Buffer.from(data as string)
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

function parse (received: Buffer): { response: RawResponse, length: number } | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return
  const [first, ...lines] = received.subarray(0, end).toString().split('\r\n')
  const headers = Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const length = end + 4 + Number(headers['content-length'] ?? 0)
  if (received.length < length) return
  const text = received.subarray(end + 4, length).toString()
  return { length, response: { status: Number(first!.split(' ')[1]), headers, body: headers['content-type']?.includes('json') ? JSON.parse(text) : text } }
}
