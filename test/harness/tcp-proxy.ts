import { connect, createServer, type Socket } from 'node:net'

/** Returns labels for the data that the client sends in this chunk, on one connection. */
export type Labels = (chunk: Buffer) => string[]

export type TcpProxy = {
  port: number
  /** Resets every open connection. */
  cut: () => void
  /** Ends every open connection with FIN, as a killed server process does. */
  end: () => void
  /** Starts (true) or stops (false) refusing connections. Open connections are reset. */
  refuse: (refusing: boolean) => void
  /** Drops all bytes on open connections from now on, without a signal to either side. While `lasting` is true, new connections are silent too. */
  silence: (lasting: boolean) => void
  /**
   * Cuts the connection over which a chunk with this label passes next: `before` the server receives it, or `after`, so that only the response is
   * lost. `met` is called at that moment. `signal` removes the trap.
   */
  trap: (label: string, where: 'before' | 'after', signal: AbortSignal, met: () => void) => void
  close: () => void
}

type Trap = { label: string, where: 'before' | 'after', spring: () => void }

/** Opens a proxy between a process and a server on 127.0.0.1, which injects network faults into their connections. */
export async function tcpProxy (targetPort: number, labels: () => Labels): Promise<TcpProxy> {
  const cuts = new Set<(reset: boolean) => void>()
  const silencers = new Set<() => void>()
  const traps = new Set<Trap>()
  let refusing = false
  let silent = false

  const server = createServer(client => {
    if (refusing) {
      closeSocket(client, true)
      return
    }
    const upstream = connect({ port: targetPort, host: '127.0.0.1', noDelay: true })
    client.setNoDelay(true)
    relay(client, upstream)
  })

  function relay (client: Socket, upstream: Socket): void {
    const labelsOf = labels()
    let swallows = silent
    const cut = (reset: boolean): void => {
      for (const socket of [client, upstream]) closeSocket(socket, reset)
    }
    const silence = (): void => { swallows = true }
    cuts.add(cut)
    silencers.add(silence)
    client.on('data', chunk => {
      const trap = trapFor(labelsOf(chunk))
      if (trap?.where === 'before') {
        trap.spring()
        cut(true)
      } else if (trap) {
        upstream.write(chunk)
        upstream.pause()
        trap.spring()
        setTimeout(cut, 100, true) // the server has received the data by then
      } else if (!swallows) forward(chunk, client, upstream)
    })
    upstream.on('data', chunk => { if (!swallows) forward(chunk, upstream, client) })
    for (const [one, other] of [[client, upstream], [upstream, client]] as const) {
      one.on('error', () => {})
      one.on('close', () => {
        if (!swallows) other.destroy()
        if (!other.destroyed) return
        cuts.delete(cut)
        silencers.delete(silence)
      })
    }
  }

  function trapFor (passing: string[]): Trap | undefined {
    for (const trap of traps) if (passing.includes(trap.label)) return trap
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => { for (const each of cuts) each(true) }
  return {
    port: (server.address() as { port: number }).port,
    cut,
    end () { for (const each of cuts) each(false) },
    refuse (now) {
      refusing = now
      if (now) cut()
    },
    silence (lasting) {
      silent = lasting
      if (lasting) for (const each of silencers) each()
    },
    trap (label, where, signal, met) {
      const trap: Trap = { label, where, spring () { traps.delete(trap); met() } }
      traps.add(trap)
      signal.addEventListener('abort', () => traps.delete(trap), { once: true })
    },
    close () {
      server.close()
      cut()
    },
  }
}

/** Node leaves a socket open if the socket is reset while it is about to end. */
function closeSocket (socket: Socket, reset: boolean): void {
  if (reset && socket.readyState === 'open' && !socket.writableEnded) socket.resetAndDestroy()
  else socket.destroy()
}

/** Forwards a chunk as fast as the slower side takes it. */
function forward (chunk: Buffer, from: Socket, to: Socket): void {
  if (to.destroyed || to.write(chunk)) return
  from.pause()
  to.once('drain', () => from.resume())
}
